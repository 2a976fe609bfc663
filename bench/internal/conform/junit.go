package conform

import (
	"encoding/xml"
	"fmt"
)

// The elements of JUnit's XML that its readers have in common.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Name    string       `xml:"name,attr"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string       `xml:"name,attr"`
		Classname string       `xml:"classname,attr"`
		Seconds   float64      `xml:"time,attr"`
		Skipped   *junitReason `xml:"skipped"`
		Failure   *junitReason `xml:"failure"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit is the report as JUnit's XML: a suite for each setting.
func (r Report) JUnit() ([]byte, error) {
	all := junitSuites{Name: "tunbench check"}
	for _, setting := range r.settings() {
		part := r.of(setting)
		suite := junitSuite{Name: setting, Tests: len(part), Failures: part.Failed(), Skipped: part.count(NotApplicable)}
		for _, result := range part {
			suite.Cases = append(suite.Cases, result.junit())
		}
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode JUnit XML: %w", err)
	}
	return []byte(xml.Header + string(text) + "\n"), nil
}

func (r Result) junit() junitCase {
	c := junitCase{Name: r.Case, Classname: r.Setting, Seconds: r.Seconds}
	switch reason := (&junitReason{r.sentence(), r.text()}); r.Outcome {
	case Failed:
		c.Failure = reason
	case NotApplicable:
		c.Skipped = &junitReason{Message: reason.Message}
	}
	return c
}

package gate

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tunbench/results"
)

// The elements of JUnit's XML, with those attributes that Jenkins' schema (junit-10.xsd of its xunit plugin) and the readers of GitLab and
// GitHub have in common.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string `xml:"name,attr"`
		Hostname  string `xml:"hostname,attr,omitempty"`
		Timestamp string `xml:"timestamp,attr,omitempty"`
		junitCounts
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string       `xml:"name,attr"`
		Classname string       `xml:"classname,attr"`
		Skipped   *junitReason `xml:"skipped"`
		Error     *junitReason `xml:"error"`
		Failure   *junitReason `xml:"failure"`
		Output    string       `xml:"system-out,omitempty"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
	}
)

// JUnit is the report as JUnit's XML: a suite for each scenario, a case for each metric. One that is worse failed, one that is undecided or
// reported only and not the same was skipped, and a trial that failed is a case with an error.
func (r Report) JUnit() ([]byte, error) {
	all := junitSuites{Name: "tunbench gate"}
	for _, s := range r.Scenarios {
		suite := junitSuite{Name: s.Name, Hostname: r.Host.Hostname, Timestamp: s.start(), Properties: r.properties()}
		for _, f := range s.Findings {
			suite.add(f.junit(s.Name))
		}
		for _, failure := range s.Failures() {
			suite.add(junitCase{Name: "every trial comes to its end", Classname: s.Name, Error: &junitReason{failure}})
		}
		all.add(suite.junitCounts)
		all.Suites = append(all.Suites, suite)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode JUnit XML: %w", err)
	}
	return []byte(xml.Header + string(text) + "\n"), nil
}

// start is when the first trial began, in UTC without a zone, as the schema wants it.
func (s Scenario) start() string {
	if len(s.Series[0].Trials) == 0 {
		return ""
	}
	return s.Series[0].Trials[0].Start.UTC().Format("2006-01-02T15:04:05")
}

func (f Finding) junit(scenario string) junitCase {
	c := junitCase{Name: string(f.First.Metric), Classname: scenario, Output: strings.Join(append([]string{f.verdict()}, f.sentences()...), "\n")}
	switch reason := (&junitReason{strings.Join(f.sentences(), "; ")}); {
	case f.Required && f.Outcome == Worse:
		c.Failure = reason
	case f.Outcome == Worse, f.Outcome == Inconclusive:
		c.Skipped = reason
	}
	return c
}

func (s *junitSuite) add(c junitCase) {
	counts := junitCounts{Tests: 1}
	switch {
	case c.Failure != nil:
		counts.Failures = 1
	case c.Error != nil:
		counts.Errors = 1
	case c.Skipped != nil:
		counts.Skipped = 1
	}
	s.junitCounts.add(counts)
	s.Cases = append(s.Cases, c)
}

func (c *junitCounts) add(more junitCounts) {
	c.Tests += more.Tests
	c.Failures += more.Failures
	c.Errors += more.Errors
	c.Skipped += more.Skipped
}

func (s *junitSuites) add(more junitCounts) { s.junitCounts.add(more) }

// properties are what is the same for every scenario.
func (r Report) properties() []junitProperty {
	h := r.Host
	all := []junitProperty{
		{"baseline", r.Baseline},
		{"candidate", r.Candidate},
		{"command", "tunbench " + repeat(h.Args)},
		{"host.time", timeText(h)},
		{"host.version", h.Version},
		{"host.commit", h.Commit},
		{"host.kernel", h.Kernel},
		{"host.cpu_model", h.CPUModel},
		{"host.cores", strconv.Itoa(h.Cores)},
		{"host.virtualization", h.Virtualization},
		{"host.go_version", h.GoVersion},
	}
	known := all[:0]
	for _, p := range all {
		if p.Value != "" && p.Value != "0" {
			known = append(known, p)
		}
	}
	return known
}

func timeText(h results.Host) string {
	if h.Time.IsZero() {
		return ""
	}
	return h.Time.UTC().Format(time.RFC3339)
}

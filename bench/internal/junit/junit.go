// Package junit writes JUnit's XML, which CI systems read.
package junit

import (
	"encoding/xml"
	"fmt"
)

// The elements, with those attributes that Jenkins' schema (junit-10.xsd of its xunit plugin) and the readers of GitLab and GitHub have in
// common.
type (
	// Suites is a document.
	Suites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		Counts
		Suites []Suite `xml:"testsuite"`
	}

	// Suite is cases that belong together. [Suite.Add] counts them.
	Suite struct {
		Name      string `xml:"name,attr"`
		Hostname  string `xml:"hostname,attr,omitempty"`
		Timestamp string `xml:"timestamp,attr,omitempty"` // UTC without a zone
		Counts
		Properties []Property `xml:"properties>property"`
		Cases      []Case     `xml:"testcase"`
	}

	// Counts are of cases.
	Counts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}

	// Property is a fact about all cases of a suite.
	Property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}

	// Case passed if it has none of the three reasons.
	Case struct {
		Name      string  `xml:"name,attr"`
		Classname string  `xml:"classname,attr"`
		Seconds   float64 `xml:"time,attr,omitempty"`
		Skipped   *Reason `xml:"skipped"`
		Error     *Reason `xml:"error"`
		Failure   *Reason `xml:"failure"`
		Output    string  `xml:"system-out,omitempty"`
	}

	// Reason is why a case did not pass: in a line and, if there is more to say, in full.
	Reason struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// Add adds a case and counts it.
func (s *Suite) Add(c Case) {
	counts := Counts{Tests: 1}
	switch {
	case c.Failure != nil:
		counts.Failures = 1
	case c.Error != nil:
		counts.Errors = 1
	case c.Skipped != nil:
		counts.Skipped = 1
	}
	s.Counts.add(counts)
	s.Cases = append(s.Cases, c)
}

// Add adds a suite and its counts.
func (s *Suites) Add(suite Suite) {
	s.Counts.add(suite.Counts)
	s.Suites = append(s.Suites, suite)
}

func (c *Counts) add(more Counts) {
	c.Tests += more.Tests
	c.Failures += more.Failures
	c.Errors += more.Errors
	c.Skipped += more.Skipped
}

// Encode is the document as a file.
func (s Suites) Encode() ([]byte, error) {
	text, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode JUnit XML: %w", err)
	}
	return []byte(xml.Header + string(text) + "\n"), nil
}

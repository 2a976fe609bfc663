package gate

import (
	"strconv"
	"strings"
	"time"

	"tunbench/bench/internal/junit"
	"tunbench/results"
)

// JUnit is the report as JUnit's XML: a suite for each scenario, a case for each metric. One that is worse failed, one that is undecided or
// reported only and not the same was skipped, and a trial that failed is a case with an error.
func (r Report) JUnit() ([]byte, error) {
	all := junit.Suites{Name: "tunbench gate"}
	for _, s := range r.Scenarios {
		suite := junit.Suite{Name: s.Name, Hostname: r.Host.Hostname, Timestamp: s.start(), Properties: r.properties()}
		for _, f := range s.Findings {
			suite.Add(f.junit(s.Name))
		}
		for _, failure := range s.Failures() {
			suite.Add(junit.Case{Name: "every trial comes to its end", Classname: s.Name, Error: &junit.Reason{Message: failure}})
		}
		all.Add(suite)
	}
	return all.Encode()
}

// start is when the first trial began, in UTC without a zone, as the schema wants it.
func (s Scenario) start() string {
	if len(s.Series[0].Trials) == 0 {
		return ""
	}
	return s.Series[0].Trials[0].Start.UTC().Format("2006-01-02T15:04:05")
}

func (f Finding) junit(scenario string) junit.Case {
	c := junit.Case{Name: string(f.First.Metric), Classname: scenario, Output: strings.Join(append([]string{f.verdict()}, f.sentences()...), "\n")}
	switch reason := (&junit.Reason{Message: strings.Join(f.sentences(), "; ")}); {
	case f.Required && f.Outcome == Worse:
		c.Failure = reason
	case f.Outcome == Worse, f.Outcome == Inconclusive:
		c.Skipped = reason
	}
	return c
}

// properties are what is the same for every scenario.
func (r Report) properties() []junit.Property {
	h := r.Host
	all := []junit.Property{
		{Name: "baseline", Value: r.Baseline},
		{Name: "candidate", Value: r.Candidate},
		{Name: "command", Value: "tunbench " + repeat(h.Args)},
		{Name: "host.time", Value: timeText(h)},
		{Name: "host.version", Value: h.Version},
		{Name: "host.commit", Value: h.Commit},
		{Name: "host.kernel", Value: h.Kernel},
		{Name: "host.cpu_model", Value: h.CPUModel},
		{Name: "host.cores", Value: strconv.Itoa(h.Cores)},
		{Name: "host.virtualization", Value: h.Virtualization},
		{Name: "host.go_version", Value: h.GoVersion},
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

package conform

import "tunbench/bench/internal/junit"

// JUnit is the report as JUnit's XML: a suite for each setting.
func (r Report) JUnit() ([]byte, error) {
	all := junit.Suites{Name: "tunbench check"}
	for _, setting := range r.settings() {
		suite := junit.Suite{Name: setting}
		for _, result := range r.of(setting) {
			suite.Add(result.junit())
		}
		all.Add(suite)
	}
	return all.Encode()
}

func (r Result) junit() junit.Case {
	c := junit.Case{Name: r.Case, Classname: r.Setting, Seconds: r.Seconds}
	switch r.Outcome {
	case Failed:
		c.Failure = &junit.Reason{Message: r.sentence(), Text: r.text()}
	case NotApplicable:
		c.Skipped = &junit.Reason{Message: r.sentence()}
	}
	return c
}

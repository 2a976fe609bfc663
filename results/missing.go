package results

import "slices"

// Missing is what the trials of one result file are for and the other file has no figure to set against: a scenario, or a metric of one.
type Missing struct {
	Scenario string    // canonical name
	Metric   Metric    // empty: every metric of the scenario
	OnlyIn   WhichFile // the file that has it
	Why      Why       // what is wrong with the other one

	Trials, Failed int // of the scenario in the other file; WhyNoTrial only
}

// Why is why a file has no figure to set against that of another file.
type Why int

// The reasons.
const (
	WhyNoScenario Why = iota // it does not have the scenario
	WhyNoTrial               // none of its trials of the scenario can be used
	WhyNoFigure              // none of its trials has the metric
)

// Missing lists what one file has and the other has no figure for: of the old file first.
func (c *FileComparison) Missing() []Missing {
	var all []Missing
	for _, scenario := range c.OnlyOld {
		all = append(all, Missing{Scenario: scenario, OnlyIn: OldFile, Why: WhyNoScenario})
	}
	all = append(all, c.WithoutRow...)
	for _, scenario := range c.OnlyNew {
		all = append(all, Missing{Scenario: scenario, OnlyIn: NewFile, Why: WhyNoScenario})
	}
	return all
}

// InBoth is the scenarios that both files have, in the order of the old one.
func (c *FileComparison) InBoth() []string {
	var scenarios []string
	for _, trials := range plainGroups(c.Old) {
		if scenario := trials[0].Scenario; !slices.Contains(c.OnlyOld, scenario) {
			scenarios = append(scenarios, scenario)
		}
	}
	return scenarios
}

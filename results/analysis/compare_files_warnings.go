package analysis

import (
	"slices"

	"tunbench/results"
)

// RowsTooFew says how many rows have too few trials for an interval, and how many trials each file needs for a verdict on so many rows.
type RowsTooFew struct{ Rows, Of, Needed int }

// RowsHopeless says how many rows have too few trials to show a difference among so many rows, and how many trials each file needs.
type RowsHopeless struct{ Rows, Of, Needed int }

// NothingThrough says that some trials of the new file brought nothing through, and every trial of the old file did.
type NothingThrough struct {
	Metric     results.Metric
	Trials, Of int
}

// NothingInBoth says that both files have a trial that brought nothing through.
type NothingInBoth struct{ Metric results.Metric }

// NewFails says that a trial of the new file failed, and no trial of the old file did.
type NewFails struct{}

// NoCommonMetric says that no metric of a scenario has a usable trial in both files.
type NoCommonMetric struct{}

// OfFile gathers the warnings about one of two files.
type OfFile struct {
	File     results.WhichFile
	Warnings []Warning
}

// OfScenario gathers the warnings about one scenario.
type OfScenario struct {
	Scenario string
	Warnings []Warning
}

// NoCounterpart counts the trials of arms, searches, bursts and soaks, which cannot be compared with those of another file.
type NoCounterpart struct{ Trials int }

// Warnings is what a reader must know about the comparison, and about each file as far as it matters to the comparison.
func (c *FileComparison) Warnings() []Warning {
	warnings := c.tooFew()
	of := func(scenario string, odd Warning) { warnings = append(warnings, OfScenario{scenario, []Warning{odd}}) }
	for _, u := range c.Rows {
		switch {
		case u.NothingTrials > 0:
			of(u.Scenario, NothingThrough{u.Metric, u.NothingTrials, u.New.N})
		case u.outcome == outcomeUnmeasured:
			of(u.Scenario, NothingInBoth{u.Metric})
		}
	}
	for _, scenario := range c.Failed {
		of(scenario, NewFails{})
	}
	both := c.InBoth()
	for _, scenario := range both {
		if !c.hasRow(scenario) {
			of(scenario, NoCommonMetric{})
		}
	}
	return append(warnings, OfFile{results.OldFile, ofFile(c.Old, both)}, OfFile{results.NewFile, ofFile(c.New, both)})
}

// tooFew says how many trials it takes, where there are not enough for an interval, or for p to stay small through the correction.
func (c *FileComparison) tooFew() []Warning {
	unknown, tested, hopeless := 0, 0, 0
	for _, u := range c.Rows {
		if u.enough() {
			tested++
		}
	}
	for _, u := range c.Rows {
		switch {
		case !u.enough():
			unknown++
		case leastP(u.Old.N, u.New.N)*float64(tested) >= Significance:
			hopeless++
		}
	}
	var warnings []Warning
	if unknown > 0 {
		warnings = append(warnings, RowsTooFew{unknown, len(c.Rows), trialsFor(len(c.Rows))})
	}
	if hopeless > 0 {
		warnings = append(warnings, RowsHopeless{hopeless, len(c.Rows), trialsFor(tested)})
	}
	return warnings
}

func (c *FileComparison) hasRow(scenario string) bool {
	return slices.ContainsFunc(c.Rows, func(u FileRow) bool { return u.Scenario == scenario })
}

// ofFile is what is odd about one file: about it as a whole, about the trials compared, and those left out.
func ofFile(f *results.File, compared []string) []Warning {
	odd := FileWarnings(f)
	plain := 0
	for _, trials := range plainGroups(f) {
		plain += len(trials)
		if slices.Contains(compared, trials[0].Scenario) {
			odd = append(odd, OfScenario{trials[0].Scenario, TrialWarnings(trials)})
		}
	}
	if n := len(f.Trials) - plain; n > 0 {
		odd = append(odd, NoCounterpart{n})
	}
	return odd
}

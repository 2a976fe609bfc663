package analysis

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"tunbench/results"
	"tunbench/results/stat"
)

// FileComparison is the comparison of a new result file with an old one.
type FileComparison struct {
	Old, New         *results.File
	Margin           float64   // a ratio within 1 ± this is the same
	Rows             []FileRow // by scenario in the order of the old file, then by metric
	OnlyOld, OnlyNew []string  // scenarios without a counterpart, by name
	Failed           []string  // scenarios of which trials of the new file failed and none of the old one did
	WithoutRow       []Missing // scenarios that both files have, and metrics of them, of which a file has no figure
}

// CompareFiles compares two files in every scenario and metric that both have; of the new to the old median, a ratio within 1 ± margin is the same.
// It takes plain trials only: those of arms belong to their counterparts of the same round, and the loads of searches, bursts and soaks depend
// on what went before. The figures of failed and interrupted trials are left out. What becomes of a scenario or metric without a counterpart
// is decided by the table of outcomes (outcome.go). It is an error if the files have no scenario in common.
func CompareFiles(before, after *results.File, margin float64) (*FileComparison, error) {
	c := &FileComparison{Old: before, New: after, Margin: margin}
	olds, news := plainGroups(before), plainGroups(after)
	if len(olds) == 0 || len(news) == 0 {
		return nil, noTrials(before, after)
	}
	for _, trials := range olds {
		scenario := trials[0].Scenario
		i := slices.IndexFunc(news, func(t []results.Trial) bool { return t[0].Scenario == scenario })
		if i < 0 {
			c.OnlyOld = append(c.OnlyOld, scenario)
			continue
		}
		c.compare(scenario, trials, news[i])
		news = slices.Delete(news, i, i+1)
	}
	for _, trials := range news {
		c.OnlyNew = append(c.OnlyNew, trials[0].Scenario)
	}
	if len(c.OnlyOld) == len(olds) {
		return nil, fmt.Errorf("the files have no scenario in common: the old one has %s, the new one %s", printable(c.OnlyOld[0]), printable(c.OnlyNew[0]))
	}
	c.judge()
	return c, nil
}

// printable is a name from a file, fit for an error.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, name)
}

// plainGroups is the trials that can stand against those of another file, by scenario in the order of the file.
func plainGroups(f *results.File) [][]results.Trial {
	return groupTrials(slices.DeleteFunc(f.OfPhase(results.PhasePlain), func(t results.Trial) bool { return t.Arm != "" }))
}

// noTrials says which file has nothing to compare.
func noTrials(before, after *results.File) error {
	which, f := "old", before
	if len(plainGroups(before)) > 0 {
		which, f = "new", after
	}
	if len(f.Trials) == 0 {
		return fmt.Errorf("the %s file has no trials", which)
	}
	return fmt.Errorf("the %s file has no plain trials: its %d are of arms, a search, a burst or a soak, which have no counterpart in another file",
		which, len(f.Trials))
}

// compare adds the rows of one scenario.
func (c *FileComparison) compare(scenario string, before, after []results.Trial) {
	olds, news := samples(before), samples(after)
	failed, failedBefore := failures(after) > 0, failures(before) > 0
	if failed && !failedBefore {
		c.Failed = append(c.Failed, scenario)
	}
	if len(news) == 0 || len(olds) == 0 {
		c.WithoutRow = append(c.WithoutRow, withoutTrials(scenario, before, after))
		return
	}
	for _, f := range fileFigures() {
		was, is := standingIn(before, f.metric), standingIn(after, f.metric)
		o, nothing := fileOutcome(f.metric, was, is), 0
		if o == outcomeNothing {
			nothing = zeros(after, f.metric)
		}
		if failed && o != outcomeNeither {
			if failedBefore {
				was = SideFails // what is left of both is a selection
			}
			o = fileOutcome(f.metric, was, SideFails)
		}
		switch {
		case o == outcomeNeither:
		case len(news[f.metric]) == 0:
			c.WithoutRow = append(c.WithoutRow, Missing{Scenario: scenario, Metric: f.metric, OnlyIn: results.OldFile, Why: WhyNoFigure})
		default:
			u := newFileRow(scenario, f, olds[f.metric], news[f.metric], c.Margin)
			u.outcome = o
			if u.NothingTrials = nothing; nothing > 0 {
				u.Verdict = results.VerdictWorse // whatever the statistics say
			}
			c.Rows = append(c.Rows, u)
		}
	}
}

// withoutTrials says which file has no usable trial of a scenario.
func withoutTrials(scenario string, before, after []results.Trial) Missing {
	m, of := Missing{Scenario: scenario, OnlyIn: results.OldFile, Why: WhyNoTrial}, after
	if len(samples(after)) > 0 {
		m.OnlyIn, of = results.NewFile, before
	}
	m.Trials, m.Failed = len(of), failures(of)
	return m
}

// standingIn is what a file with a usable trial of a scenario has of a metric.
func standingIn(trials []results.Trial, m results.Metric) Standing {
	switch {
	case len(samples(trials)[m]) == 0:
		return SideLacks
	case zeros(trials, m) > 0:
		return SideZero
	}
	return SideHas
}

// zeros is how many usable trials have a figure of 0, in one of their directions at least.
func zeros(trials []results.Trial, m results.Metric) (n int) {
	for _, t := range trials {
		if value, ok := results.Metrics(t)[m]; ok && t.Usable() && (value <= 0 || deadWay(t, m)) {
			n++
		}
	}
	return n
}

// samples is the figures of the usable trials by metric.
func samples(trials []results.Trial) map[results.Metric][]float64 {
	values := map[results.Metric][]float64{}
	for _, t := range trials {
		if t.Usable() {
			for metric, value := range results.Metrics(t) {
				values[metric] = append(values[metric], value)
			}
		}
	}
	return values
}

// judge gives all verdicts, since every row that is tested makes a chance find likelier.
func (c *FileComparison) judge() {
	var p []float64
	for _, u := range c.Rows {
		if u.enough() {
			p = append(p, u.PValue)
		}
	}
	adjusted := stat.Holm(p)
	for i := range c.Rows {
		if c.Rows[i].enough() {
			c.Rows[i].judge(adjusted[0])
			adjusted = adjusted[1:]
		}
	}
}

// Verdict is the verdict on the new file as a whole: worse if any is; inconclusive if no row is decided, or if the decided ones are not all there is, see Open;
// better if any is and none is worse. It does not regard trials that failed, see Failed.
func (c *FileComparison) Verdict() results.Verdict {
	switch {
	case c.Count(results.VerdictWorse) > 0:
		return results.VerdictWorse
	case c.Open() != Undecided{} || c.Count(results.VerdictBetter)+c.Count(results.VerdictSame) == 0:
		return results.VerdictInconclusive
	case c.Count(results.VerdictBetter) > 0:
		return results.VerdictBetter
	}
	return results.VerdictSame
}

// Undecided counts the reasons why a comparison of files is inconclusive though some rows are decided.
type Undecided struct {
	OnlyOld    int // scenarios that the new file does not have
	WithoutRow int // scenarios and metrics of which a file has no figure
	Unmeasured int // rows in which a trial of either file brought nothing through, or trials of both failed
	TooFew     int // rows with too few trials
	Beyond     int // rows that are undecided though their whole interval lies beyond the margin
}

// Open counts the reasons why decided rows do not speak for the whole of the old file; it is zero where they do.
func (c *FileComparison) Open() Undecided {
	o := Undecided{OnlyOld: len(c.OnlyOld), WithoutRow: len(c.WithoutRow)}
	for _, u := range c.Rows {
		switch {
		case u.outcome == outcomeUnmeasured:
			o.Unmeasured++
		case u.Verdict == results.VerdictInconclusive && !u.enough():
			o.TooFew++
		case u.Verdict == results.VerdictInconclusive && u.beyond():
			o.Beyond++
		}
	}
	return o
}

// Count is how many rows have a verdict.
func (c *FileComparison) Count(v results.Verdict) int {
	n := 0
	for _, u := range c.Rows {
		if u.Verdict == v {
			n++
		}
	}
	return n
}

// Missing is a scenario, or a metric of one, of which only one of two files has a figure.
type Missing struct {
	Scenario string            // canonical name
	Metric   results.Metric    // empty: every metric of the scenario
	OnlyIn   results.WhichFile // the file that has it
	Why      Why               // what is wrong with the other one

	Trials, Failed int // of the scenario in the other file; WhyNoTrial only
}

// Why says why a file has no figure to compare.
type Why int

// The reasons.
const (
	WhyNoScenario Why = iota // it does not have the scenario
	WhyNoTrial               // none of its trials of the scenario can be used
	WhyNoFigure              // none of its trials has the metric
)

// Missing lists the scenarios and metrics of which only one file has a figure, those of the old file first.
func (c *FileComparison) Missing() []Missing {
	var all []Missing
	for _, scenario := range c.OnlyOld {
		all = append(all, Missing{Scenario: scenario, OnlyIn: results.OldFile, Why: WhyNoScenario})
	}
	all = append(all, c.WithoutRow...)
	for _, scenario := range c.OnlyNew {
		all = append(all, Missing{Scenario: scenario, OnlyIn: results.NewFile, Why: WhyNoScenario})
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

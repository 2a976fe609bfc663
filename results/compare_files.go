package results

import (
	"fmt"
	"slices"

	"tunbench/results/stat"
)

// FileComparison is a new result file against an old one.
type FileComparison struct {
	Old, New         *File
	Margin           float64    // a ratio within 1 ± this is the same
	Rows             []Unpaired // by scenario in the order of the old file, then by metric
	OnlyOld, OnlyNew []string   // scenarios without a counterpart, by name
}

// CompareFiles compares the plain trials without an arm of every scenario that both files have, in every metric that comparisons are made of
// and both have. Failed and interrupted trials are left out; so are trials of arms, which belong to their counterparts of the same round,
// and those of searches, bursts and soaks, whose loads depend on what went before. An error means that there is no scenario in common.
func CompareFiles(before, after *File, margin float64) (*FileComparison, error) {
	c := &FileComparison{Old: before, New: after, Margin: margin}
	olds, news := plainGroups(before), plainGroups(after)
	if len(olds) == 0 || len(news) == 0 {
		return nil, noTrials(before, after)
	}
	for _, trials := range olds {
		scenario := trials[0].Scenario
		i := slices.IndexFunc(news, func(t []Trial) bool { return t[0].Scenario == scenario })
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
		return nil, fmt.Errorf("the files have no scenario in common: the old one has %s, the new one %s", plain(c.OnlyOld[0]), plain(c.OnlyNew[0]))
	}
	c.judge()
	return c, nil
}

// plainGroups is the trials that can stand against those of another file, by scenario in the order of the file.
func plainGroups(f *File) [][]Trial {
	return groupTrials(slices.DeleteFunc(f.phase(PhasePlain), func(t Trial) bool { return t.Arm != "" }))
}

// noTrials says which file has nothing to compare.
func noTrials(before, after *File) error {
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
func (c *FileComparison) compare(scenario string, before, after []Trial) {
	olds, news := samples(before), samples(after)
	for _, f := range comparedFigures() {
		if len(olds[f.metric]) > 0 && len(news[f.metric]) > 0 {
			c.Rows = append(c.Rows, newUnpaired(scenario, f, olds[f.metric], news[f.metric], c.Margin))
		}
	}
}

// samples is the figures of the usable trials by metric.
func samples(trials []Trial) map[Metric][]float64 {
	values := map[Metric][]float64{}
	for _, t := range trials {
		if t.usable() {
			for metric, value := range Metrics(t) {
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

// Verdict is the one on all rows: worse if any is, inconclusive if no row is decided, better if any is and none is worse.
func (c *FileComparison) Verdict() Verdict {
	for _, v := range []Verdict{VerdictWorse, VerdictBetter, VerdictSame} {
		if c.Count(v) > 0 {
			return v
		}
	}
	return VerdictInconclusive
}

// Count is how many rows have a verdict.
func (c *FileComparison) Count(v Verdict) int {
	n := 0
	for _, u := range c.Rows {
		if u.Verdict == v {
			n++
		}
	}
	return n
}

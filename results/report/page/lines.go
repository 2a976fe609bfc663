package page

import (
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// line is where the trials of a scenario, an arm and a file stand in the charts of trials.
type line struct {
	analysis.Summary
	file    int
	heading string // of the first line of its load
	load    string
	label   string
	series  int
}

// key is what a filter looks at.
func (l line) key() string { return l.Scenario + " " + l.label + " " + l.load }

// title names the line where it stands alone.
func (l line) title() string {
	switch {
	case l.load == "":
		return l.label
	case l.label == "":
		return l.load
	}
	return l.load + ", " + l.label
}

// lines puts plain trials in the order of a table: loads together, and the files of a scenario below one another.
func (b *builder) lines() (lines []line, shared []string, err error) {
	byFile := make([]map[analysis.Repeats]analysis.Summary, len(b.files))
	var all []analysis.Summary
	seen := map[analysis.Repeats]bool{}
	for i, f := range b.files {
		summaries, err := analysis.Summarize(plainTrials(f))
		if err != nil {
			return nil, nil, err
		}
		byFile[i] = map[analysis.Repeats]analysis.Summary{}
		for _, s := range summaries {
			byFile[i][s.Repeats()] = s
			if !seen[s.Repeats()] {
				seen[s.Repeats()] = true
				all = append(all, s)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b analysis.Summary) int { return armRank(a.Arm) - armRank(b.Arm) })
	places, shared := report.Places(all)
	for _, p := range places {
		first := true
		for i := range b.files {
			s, has := byFile[i][p.Repeats()]
			if !has {
				continue
			}
			l := line{Summary: s, file: i, load: p.Load, label: p.Label, series: i}
			if l.label == "" && !b.several() && p.Load == "" {
				l.label = "the scenario"
			}
			if n := b.number(i); n != "" {
				l.label = withSpace(l.label, "· file "+n)
			}
			if !b.several() {
				l.series = armSeries(p.Arm)
			}
			if p.Head && first && p.Shared {
				l.heading = p.Load
			}
			first = false
			lines = append(lines, l)
		}
	}
	return lines, shared, nil
}

func withSpace(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// plainTrials are those that were measured for their own sake; the cells of a sweep have a section of their own.
func plainTrials(f *results.File) []results.Trial {
	if len(f.Sweeps) > 0 {
		return nil
	}
	return f.OfPhase(results.PhasePlain)
}

// armRank puts the control behind the arms.
func armRank(arm string) int {
	return slices.Index([]string{"", results.ArmA, results.ArmB, results.ArmControl}, arm)
}

// armSeries is the color of an arm.
func armSeries(arm string) int {
	switch arm {
	case results.ArmB:
		return 1
	case results.ArmControl:
		return 6
	}
	return 0
}

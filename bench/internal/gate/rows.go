package gate

import (
	"fmt"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// row is one finding in the words of a report.
type row struct {
	Finding
	baseline, candidate string // medians of the first series, with the unit that the label names
	change, interval    string // of both series where there are two
}

func (s Scenario) rows() ([]row, error) {
	if len(s.Findings) == 0 {
		return nil, nil
	}
	summaries, err := analysis.Summarize(s.Series[0].Trials)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", s.Name, err)
	}
	rows := make([]row, len(s.Findings))
	for i, f := range s.Findings {
		r := row{
			Finding:  f,
			baseline: median(summaries, results.ArmA, f.First.Metric), candidate: median(summaries, results.ArmB, f.First.Metric),
			change: report.Change(f.First), interval: report.ChangeInterval(f.First),
		}
		if f.Second != nil {
			r.change += ", again " + report.Change(*f.Second)
			r.interval += ", again " + report.ChangeInterval(*f.Second)
		}
		rows[i] = r
	}
	return rows, nil
}

// median is a figure of an arm in the unit of its label, a dash where there is none.
func median(summaries []analysis.Summary, arm string, m results.Metric) string {
	for _, s := range summaries {
		if stat, ok := s.Stats[m]; ok && s.Arm == arm {
			return report.Format(m, stat.Median)
		}
	}
	return "–"
}

// verdict is the outcome, with a word where nothing depends on it.
func (f Finding) verdict() string {
	if f.Required {
		return string(f.Outcome)
	}
	return string(f.Outcome) + " (reported only)"
}

// sentences are what the verdict rests on, a line for each series.
func (f Finding) sentences() []string {
	lines := []string{report.Sentence(f.First)}
	if f.Second != nil {
		lines = append(lines, "once more: "+report.Sentence(*f.Second))
	}
	return lines
}

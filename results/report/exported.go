package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
)

// exported is one figure of a file as tools that keep a history want it: the median over the repeats of a scenario.
type exported struct {
	name         string // of the scenario, its arm included
	scenario     string
	arm          string
	metric       results.Metric // of a trial, or "search.NDR_pps"
	unit         string         // as in the Go benchmark format
	moreIsBetter bool
	stat         analysis.Stat
	start        time.Time // of the first trial, UTC
}

// exportedOf returns the figures that files are compared in: of trials that stand for themselves or are an arm of a comparison, and the bounds
// that searches found. Trials that failed have none. The order is that of the file.
func exportedOf(f *results.File) ([]exported, error) {
	trials := f.OfPhase(results.PhasePlain)
	summaries, err := analysis.Summarize(trials)
	if err != nil {
		return nil, err
	}
	var out []exported
	for _, s := range summaries {
		first := results.Trial{Scenario: s.Scenario, Arm: s.Arm}
		for _, m := range analysis.FileMetrics() {
			stat, ok := s.Stats[m]
			if !ok {
				continue
			}
			out = append(out, exported{
				name: tag(first), scenario: s.Scenario, arm: s.Arm, metric: m, unit: benchUnit(m), moreIsBetter: m.MoreIsBetter(), stat: stat,
				start: startOf(trials, s),
			})
		}
	}
	for _, s := range f.Searches {
		out = append(out, exportedSearch(s)...)
	}
	return out, nil
}

// startOf is when the first usable trial of a summary began.
func startOf(trials []results.Trial, s analysis.Summary) time.Time {
	i := slices.IndexFunc(trials, func(t results.Trial) bool { return t.Usable() && t.Scenario == s.Scenario && t.Arm == s.Arm })
	return trials[i].Start.UTC()
}

// exportedSearch is what a search found for each of its goals; a goal without a lower bound has none.
func exportedSearch(s results.Search) []exported {
	var out []exported
	for _, g := range s.Goals {
		if s.Error != "" || g.RelevantLowerBoundPps == nil {
			continue
		}
		low, high := *g.RelevantLowerBoundPps, *g.RelevantLowerBoundPps
		if g.RelevantUpperBoundPps != nil {
			high = *g.RelevantUpperBoundPps
		}
		out = append(out, exported{
			name: tag(results.Trial{Scenario: s.Scenario}), scenario: s.Scenario, metric: results.Metric("search." + g.Name + "_pps"),
			unit: "pps", moreIsBetter: true, stat: analysis.Stat{N: 1, Median: low, Min: low, Max: high}, start: s.Start.UTC(),
		})
	}
	return out
}

// measure is the metric as a short name of small letters, digits and hyphens: "latency-p50-ns", at most 64 bytes.
func (e exported) measure() string {
	name := string(e.metric)
	// latency_ns.p50 has its unit in the middle.
	if of, percentile, ok := strings.Cut(name, "_ns."); ok {
		name = of + "-" + percentile + "-ns"
	}
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return name[:min(len(name), 64)]
}

// byTime puts files in the order in which their runs began.
func byTime(files []*results.File) []*results.File {
	return slices.SortedStableFunc(slices.Values(files), func(a, b *results.File) int { return cmp.Compare(a.Host.Time.UnixNano(), b.Host.Time.UnixNano()) })
}

package analysis

import (
	"slices"

	"github.com/montanaflynn/stats"

	"tunbench/results"
)

// seriesKey is what the points of a series have in common.
type seriesKey struct {
	scenario, reference string
	metric              results.Metric
	arms                bool
}

// collector gathers points of runs into series.
type collector struct {
	absolute bool
	series   []Series
	index    map[seriesKey]int
}

// takes says whether a file has something for a history, and what, in run. What has no place there is noted.
func (h *History) takes(f *results.File, run *Run) bool {
	// A run that ended before its first trial lacks what the others have.
	run.plain = len(plainGroups(f)) > 0 || len(f.Trials)+len(f.Comparisons)+len(f.Searches)+len(f.Bursts)+len(f.Soaks) == 0
	leaveOut := func(why WhyLeftOut) { h.LeftOut = append(h.LeftOut, LeftOut{run.Path, why}) }
	switch {
	case len(f.Comparisons) == 0:
	case len(f.Bisects) > 0:
		leaveOut(CommitsOfLongAgo)
		return run.plain
	case isSelfTest(f.Host) || slices.ContainsFunc(f.Comparisons, results.Comparison.Slowed):
		leaveOut(SlowedOnPurpose)
		return run.plain
	default:
		run.arms = true
	}
	if !run.plain && !run.arms {
		leaveOut(NothingForHistory)
		return false
	}
	return true
}

// isSelfTest says whether a run asked a gate whether it can fail: some of its comparisons are of a program that was slowed on purpose, the others of a program with itself.
func isSelfTest(h results.Host) bool {
	return slices.ContainsFunc(h.Args, func(arg string) bool { return arg == "--self-test" || arg == "--self-test=true" })
}

// add takes in one run: its plain trials and, where arms says so, the ratios of its comparisons.
func (c *collector) add(run int, f *results.File, arms bool) {
	groups := plainGroups(f)
	var scenarios []string
	for _, trials := range groups {
		scenarios = append(scenarios, trials[0].Scenario)
	}
	for _, trials := range groups {
		c.addTrials(run, f, trials, referenceOf(trials[0].Scenario, scenarios), groups)
	}
	if arms {
		c.addComparisons(run, f)
	}
}

// addComparisons takes in the ratios of comparisons: their median where the same was compared several times, as a gate does with what is worse.
func (c *collector) addComparisons(run int, f *results.File) {
	ratios := map[seriesKey][]float64{}
	versions := map[seriesKey]string{}
	var keys []seriesKey
	for _, comparison := range f.Comparisons {
		if comparison.Rounds == 0 || !(comparison.Ratio > 0) {
			continue
		}
		key := seriesKey{scenario: comparison.ScenarioB, reference: comparison.ScenarioA, metric: comparison.Metric, arms: true}
		if ratios[key] == nil {
			keys = append(keys, key)
			versions[key] = firstOf(comparison.ProgramB, f.Host.Commit)
		}
		ratios[key] = append(ratios[key], comparison.Ratio)
	}
	for _, key := range keys {
		median, _ := stats.Median(ratios[key]) // there are some
		c.point(key, Point{Run: run, Value: median, Aligned: median, Version: versions[key]})
	}
}

// addTrials takes in the repeats of one scenario. Those of a reference are no series of their own where they are that of another.
func (c *collector) addTrials(run int, f *results.File, trials []results.Trial, reference string, groups [][]results.Trial) {
	scenario := trials[0].Scenario
	if !c.absolute && reference == "" && isReference(scenario) && servesAny(scenario, groups) {
		return
	}
	if c.absolute {
		reference = ""
	}
	var beside []results.Trial
	if i := slices.IndexFunc(groups, func(g []results.Trial) bool { return g[0].Scenario == reference }); i >= 0 {
		beside = groups[i]
	}
	far := farTrials(trials)
	for _, figure := range armFigures() {
		if !figure.appliesTo(scenario) {
			continue
		}
		value, ok := figureOfRun(trials, beside, figure.metric)
		if !ok || !(value > 0) {
			continue
		}
		p := Point{Run: run, Value: value, Aligned: value, Version: versionOf(trials, f.Host), Far: far, trials: len(trials), failed: failures(trials)}
		if figure.metric.MoreIsBetter() {
			p.nothing = zeros(trials, figure.metric)
		}
		c.point(seriesKey{scenario: scenario, reference: reference, metric: figure.metric}, p)
	}
}

func (c *collector) point(key seriesKey, p Point) {
	i, ok := c.index[key]
	if !ok {
		i = len(c.series)
		c.index[key] = i
		c.series = append(c.series, Series{Scenario: key.scenario, Metric: key.metric, Reference: key.reference, Arms: key.arms})
	}
	c.series[i].Points = append(c.series[i].Points, p)
}

// figureOfRun is the median of a metric over the repeats or, with a reference, of its ratio to the reference's figure of the same round.
func figureOfRun(trials, reference []results.Trial, m results.Metric) (float64, bool) {
	var values []float64
	for _, t := range trials {
		v, ok := results.Metrics(t)[m]
		if !ok || !t.Usable() {
			continue
		}
		if reference == nil {
			values = append(values, v)
			continue
		}
		i := slices.IndexFunc(reference, func(r results.Trial) bool { return r.Round == t.Round && r.Usable() })
		if i < 0 {
			continue
		}
		if base := results.Metrics(reference[i])[m]; base > 0 {
			values = append(values, v/base)
		}
	}
	median, err := stats.Median(values)
	return median, err == nil
}

// versionOf is what the program of others says of itself, else the commit of tunbench.
func versionOf(trials []results.Trial, h results.Host) string {
	for _, t := range trials {
		if t.DUT != nil && t.DUT.External != nil {
			return firstOf(t.DUT.External.Version, t.DUT.External.SHA256)
		}
	}
	return firstOf(h.Commit, h.Version)
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// gone is why the newest run that could have a point in a series has none, or not of all its trials; nil if it has one, or if none of the
// recent runs has: what was given up is not missed.
func (h *History) gone(s Series, files []*results.File) *Gone {
	newest := len(files) - 1
	for newest >= 0 && !h.couldHave(s, newest, files[newest]) {
		newest--
	}
	before, last := s.Points[:len(s.Points)-1], s.Points[len(s.Points)-1]
	if last.Run < h.recentFrom(s.Arms) {
		return nil
	}
	gone := &Gone{Scenario: true}
	if last.Run >= newest {
		if last.failed+last.nothing == 0 {
			return nil
		}
		gone.Some, gone.Of = last.failed+last.nothing, last.trials
		gone.Before = slices.ContainsFunc(before, func(p Point) bool { return p.nothing > 0 })
		gone.Nothing = last.nothing > 0
	}
	for _, t := range files[newest].Trials {
		if t.Scenario != s.Scenario {
			continue
		}
		gone.Scenario = false
		if t.Failed() && gone.Error == "" {
			gone.Error = t.Error
		}
		if v, ok := results.Metrics(t)[s.Metric]; ok && v == 0 && s.Metric.MoreIsBetter() {
			gone.Nothing = true
		}
	}
	return gone
}

// couldHave says whether a run measures what a series is of: plain trials, whatever scenarios, or the two arms.
func (h *History) couldHave(s Series, run int, f *results.File) bool {
	if !s.Arms {
		return h.Runs[run].plain
	}
	return h.Runs[run].arms && slices.ContainsFunc(f.Comparisons, func(c results.Comparison) bool {
		return c.ScenarioA == s.Reference && c.ScenarioB == s.Scenario
	})
}

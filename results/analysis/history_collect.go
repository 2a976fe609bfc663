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
}

// collector gathers points of runs into series.
type collector struct {
	absolute bool
	series   []Series
	index    map[seriesKey]int
}

// add takes in one run: its plain trials, and the ratios of its comparisons.
func (c *collector) add(run int, f *results.File) {
	groups := plainGroups(f)
	var scenarios []string
	for _, trials := range groups {
		scenarios = append(scenarios, trials[0].Scenario)
	}
	for _, trials := range groups {
		c.addTrials(run, f, trials, referenceOf(trials[0].Scenario, scenarios), groups)
	}
	if len(f.Bisects) == 0 { // a bisect compares commits of long ago
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
		key := seriesKey{comparison.ScenarioB, comparison.ScenarioA, comparison.Metric}
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
		c.point(seriesKey{scenario, reference, figure.metric}, Point{Run: run, Value: value, Aligned: value, Version: versionOf(trials, f.Host), Far: far})
	}
}

func (c *collector) point(key seriesKey, p Point) {
	i, ok := c.index[key]
	if !ok {
		i = len(c.series)
		c.index[key] = i
		c.series = append(c.series, Series{Scenario: key.scenario, Metric: key.metric, Reference: key.reference})
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

// goneFrom is why the newest run has no point in a series; nil if it has one, or if none of the recent runs has: what was given up is not missed.
func goneFrom(newest *results.File, s Series, run, recent int) *Gone {
	if last := s.Points[len(s.Points)-1].Run; last == run || last <= run-recent {
		return nil
	}
	gone := &Gone{Scenario: true}
	for _, t := range newest.Trials {
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

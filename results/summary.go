package results

import (
	"fmt"
	"slices"

	"github.com/montanaflynn/stats"
)

// Summary is all trials of one scenario (and arm) taken together. Trials that failed or were interrupted are counted, and their figures
// left out.
type Summary struct {
	Scenario    string
	Arm         string
	Used        int // trials whose figures are in Stats
	Failed      int
	Interrupted int
	Stats       map[Metric]Stat
	Ledger      Ledger   // sum over the trials used
	LimitedBy   []string // distinct, as they came
}

// Trials is the number of trials, those left out included.
func (s Summary) Trials() int { return s.Used + s.Failed + s.Interrupted }

// Stat describes a metric over repeats, in the metric's own unit.
type Stat struct {
	N      int // trials that have the metric
	Median float64
	MAD    float64 // median absolute deviation from the median, unscaled
	Min    float64
	Max    float64
}

// HalfRange is half the distance from the least to the largest value.
func (s Stat) HalfRange() float64 { return (s.Max - s.Min) / 2 }

// Describe computes the Stat of some values. No values are an error.
func Describe(values []float64) (Stat, error) {
	median, err := stats.Median(values)
	if err != nil {
		return Stat{}, fmt.Errorf("describe values: %w", err)
	}
	mad, err := stats.MedianAbsoluteDeviation(values)
	if err != nil {
		return Stat{}, fmt.Errorf("describe values: %w", err)
	}
	return Stat{N: len(values), Median: median, MAD: mad, Min: slices.Min(values), Max: slices.Max(values)}, nil
}

// Summarize groups trials by scenario and arm, in the order in which these appear first.
func Summarize(trials []Trial) ([]Summary, error) {
	var summaries []Summary
	for _, group := range groupTrials(trials) {
		s, err := summarize(group)
		if err != nil {
			return nil, fmt.Errorf("summarize %s: %w", group[0].Scenario, err)
		}
		summaries = append(summaries, s)
	}
	return summaries, nil
}

// identity is what trials have in common that are repeats of one another.
type identity struct{ scenario, arm string }

func identityOf(t Trial) identity { return identity{t.Scenario, t.Arm} }

// groupTrials gathers the trials of each scenario and arm; no group is empty.
func groupTrials(trials []Trial) [][]Trial {
	index := map[identity]int{}
	var groups [][]Trial
	for _, t := range trials {
		id := identityOf(t)
		i, ok := index[id]
		if !ok {
			i = len(groups)
			index[id] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}

// summarize takes together trials of the same scenario and arm.
func summarize(trials []Trial) (Summary, error) {
	s := Summary{Scenario: trials[0].Scenario, Arm: trials[0].Arm, Stats: map[Metric]Stat{}}
	values := map[Metric][]float64{}
	for _, t := range trials {
		switch {
		case t.Interrupted:
			s.Interrupted++
			continue
		case t.Failed():
			s.Failed++
			continue
		}
		s.Used++
		s.Ledger = Sum(s.Ledger, t.Ledger)
		if t.LimitedBy != "" && !slices.Contains(s.LimitedBy, t.LimitedBy) {
			s.LimitedBy = append(s.LimitedBy, t.LimitedBy)
		}
		for metric, value := range Metrics(t) {
			values[metric] = append(values[metric], value)
		}
	}
	for metric, v := range values {
		stat, err := Describe(v)
		if err != nil {
			return Summary{}, fmt.Errorf("%s: %w", metric, err)
		}
		s.Stats[metric] = stat
	}
	return s, nil
}

package analysis

import (
	"math"
	"slices"

	"tunbench/results"
)

// LevelPair is a table of a sweep's metric: by the levels of one knob, and those of another.
type LevelPair struct {
	Rows, Columns results.Knob
	Means         [][]*float64 // geometric, by row and column, over the usable trials above zero; nil where there are none
}

// Range is the least and the greatest of the means; ok is false where there are none.
func (p LevelPair) Range() (low, high float64, ok bool) {
	for _, row := range p.Means {
		for _, v := range row {
			if v == nil {
				continue
			}
			if !ok {
				low, high, ok = *v, *v, true
			}
			low, high = min(low, *v), max(high, *v)
		}
	}
	return low, high, ok
}

// Rank is where a mean lies in the range: 0 is the least, 1 the greatest, 0.5 any where all are alike.
func (p LevelPair) Rank(mean float64) float64 {
	low, high, _ := p.Range()
	if !(high > low) {
		return 0.5
	}
	return (mean - low) / (high - low)
}

// LevelPairs makes such a table of every two knobs, in the order of the knobs. A single knob has none.
func LevelPairs(s results.Sweep, trials []results.Trial) []LevelPair {
	var pairs []LevelPair
	for i, a := range s.Knobs {
		for _, b := range s.Knobs[i+1:] {
			pairs = append(pairs, LevelPair{a, b, levelMeans(s, trials, a, b)})
		}
	}
	return pairs
}

// levelMeans is the geometric means by the levels of two knobs.
func levelMeans(s results.Sweep, trials []results.Trial, rows, columns results.Knob) [][]*float64 {
	logs := make([][]float64, len(rows.Values)*len(columns.Values))
	for _, t := range trials {
		value, ok := figureOf(t, s.Metric)
		if !ok || value <= 0 || !slices.Contains(s.Scenarios, t.Scenario) {
			continue
		}
		settings := results.SettingsOf(t.Scenario)
		i := slices.Index(rows.Values, results.ValueOf(settings, rows.Key))
		j := slices.Index(columns.Values, results.ValueOf(settings, columns.Key))
		if i >= 0 && j >= 0 {
			cell := &logs[i*len(columns.Values)+j]
			*cell = append(*cell, math.Log(value))
		}
	}
	means := make([][]*float64, len(rows.Values))
	for i := range means {
		means[i] = make([]*float64, len(columns.Values))
		for j := range means[i] {
			if of := logs[i*len(columns.Values)+j]; len(of) > 0 {
				means[i][j] = new(math.Exp(meanOfValues(of)))
			}
		}
	}
	return means
}

// meanOfValues is the mean of at least one value.
func meanOfValues(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

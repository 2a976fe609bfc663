package analysis

import (
	"slices"

	"tunbench/results"
)

// Spread is one metric of a scenario and arm: the value of every trial that has it, their median, and its interval.
type Spread struct {
	Values []float64 // of the usable trials, in the order of the file
	Median float64
	Range  *Interval // of the median, 95 %; nil for fewer than 6 trials
}

// Spreads is the spread of a metric over the usable trials of each scenario and arm; those without the metric are absent.
func Spreads(trials []results.Trial, m results.Metric) map[Repeats]Spread {
	values := map[Repeats][]float64{}
	for _, t := range trials {
		if v, ok := figureOf(t, m); ok {
			id := Repeats{t.Scenario, t.Arm}
			values[id] = append(values[id], v)
		}
	}
	spreads := make(map[Repeats]Spread, len(values))
	for id, of := range values {
		spreads[id] = spreadOf(of)
	}
	return spreads
}

// Repeats names the trials that are repeats of one another.
type Repeats struct{ Scenario, Arm string }

// Repeats is what the summary is of.
func (s Summary) Repeats() Repeats { return Repeats{s.Scenario, s.Arm} }

// figureOf is a metric of a usable trial.
func figureOf(t results.Trial, m results.Metric) (v float64, ok bool) {
	if !t.Usable() {
		return 0, false
	}
	v, ok = results.Metrics(t)[m]
	return v, ok
}

// spreadOf describes at least one value.
func spreadOf(values []float64) Spread {
	median := medianOf(slices.Clone(values))
	s := Spread{Values: values, Median: median.Median}
	if median.Low != nil && median.High != nil {
		s.Range = &Interval{*median.Low, *median.High}
	}
	return s
}

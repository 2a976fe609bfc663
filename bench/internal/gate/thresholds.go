package gate

import (
	"maps"
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
)

// Thresholds say what the gate lets pass.
type Thresholds struct {
	Confidence float64                      `json:"confidence"`       // of the intervals, above 0.5 and below 1
	Rounds     int                          `json:"rounds,omitempty"` // at most, in a series; 0: not said
	Metrics    map[results.Metric]Threshold `json:"metrics"`
}

// Threshold is that of one metric.
type Threshold struct {
	Margin   float64 `json:"margin"`             // a change that is not worth speaking of, as a ratio less 1
	Required bool    `json:"required,omitempty"` // worse fails the gate, and undecided is undecided; others are reported only
	Named    bool    `json:"named,omitempty"`    // required by the file: it must be measured somewhere
}

// marginFactor makes the margins of a person's comparison those of a CI job, which has a minute for each scenario on a machine that others
// use too: with so much a program that did not change can be told to be the same, rather than leave the job undecided.
const marginFactor = 2.5

// tcpMarginFactor is that of the throughput of TCP, which depends on where the scheduler puts sender, receiver and worker as well.
const tcpMarginFactor = 4

// DefaultThresholds have margins that are a multiple of [analysis.DefaultMargin]. Required are what was brought through, the typical latency
// and the CPU time of the device under test. The last hundredth of the latencies and the CPU time of the whole machine, tester included, are
// reported only: on a shared machine others decide about them.
func DefaultThresholds() Thresholds {
	t := Thresholds{Confidence: analysis.DefaultConfidence, Metrics: map[results.Metric]Threshold{}}
	reported := []results.Metric{results.Latency("p99"), results.RoundTrip("p99"), results.MetricMachineCost}
	for _, m := range analysis.ArmMetrics() {
		factor := marginFactor
		if m == results.MetricThroughput {
			factor = tcpMarginFactor
		}
		t.Metrics[m] = Threshold{Margin: factor * analysis.DefaultMargin(m), Required: !slices.Contains(reported, m)}
	}
	return t
}

// CompareOptions are those of the comparisons.
func (t Thresholds) CompareOptions() analysis.CompareOptions {
	o := analysis.CompareOptions{Confidence: t.Confidence, Margins: map[results.Metric]float64{}}
	for m, threshold := range t.Metrics {
		o.Margins[m] = threshold.Margin
	}
	return o
}

// Requires says whether the gate depends on a metric.
func (t Thresholds) Requires(m results.Metric) bool { return t.Metrics[m].Required }

// named lists the metrics that the file requires by name, sorted.
func (t Thresholds) named() []results.Metric {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(t.Metrics)), func(m results.Metric) bool { return !t.Metrics[m].Named })
}

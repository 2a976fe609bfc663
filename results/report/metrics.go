package report

import (
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
)

// wording is how a metric is shown.
type wording struct {
	metric results.Metric
	label  string // with the unit that format writes
	format func(float64) string
}

// wordings are those of the metrics that comparisons are made of.
func wordings() []wording {
	return []wording{
		{results.MetricForwarded, "forwarded pps", scaled},
		{results.MetricThroughput, "throughput bit/s", scaled},
		{results.MetricLoss, "loss %", percent},
		{results.MetricDelivered, "delivered %", percent},
		{results.Latency("p50"), "latency p50 µs", micros},
		{results.Latency("p99"), "latency p99 µs", micros},
		{results.RoundTrip("p50"), "round trip p50 µs", micros},
		{results.RoundTrip("p99"), "round trip p99 µs", micros},
		{results.MetricDUTCost, "DUT CPU ns/packet", significant},
		{results.MetricMachineCost, "machine CPU ns/packet", significant},
	}
}

// wordingOf is how a metric is shown. One that is not among the metrics given is shown by its name, in the other format.
func wordingOf(m results.Metric, among []results.Metric, other func(float64) string) wording {
	if slices.Contains(among, m) {
		all := wordings()
		return all[slices.IndexFunc(all, func(w wording) bool { return w.metric == m })]
	}
	return wording{m, plain(string(m)), other}
}

// armWording is how a metric of two arms is shown.
func armWording(m results.Metric) wording { return wordingOf(m, analysis.ArmMetrics(), significant) }

// fileWording is how a metric of two files, or of a sweep, is shown.
func fileWording(m results.Metric) wording { return wordingOf(m, analysis.FileMetrics(), scaled) }

// Label is a metric in the words of a table, with the unit that [Format] writes: "latency p50 µs". A metric that two arms are not compared in is
// its own label.
func Label(m results.Metric) string { return armWording(m).label }

// Format writes a figure of a metric in the unit of its [Label].
func Format(m results.Metric, value float64) string { return armWording(m).format(value) }

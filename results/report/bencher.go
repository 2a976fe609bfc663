package report

import (
	"io"

	"tunbench/results"
)

// bencherMetric is a value with its bounds in the Bencher Metric Format.
type bencherMetric struct {
	Value float64 `json:"value"`
	Lower float64 `json:"lower_value"`
	Upper float64 `json:"upper_value"`
}

// WriteBencher writes the figures of a file in the Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format): a benchmark for each scenario
// and arm, a measure for each metric with its unit in the name, the median as value and the least and the largest of the repeats as its bounds.
func WriteBencher(w io.Writer, f *results.File) error {
	figures, err := exportedOf(f)
	if err != nil {
		return err
	}
	out := map[string]map[string]bencherMetric{}
	for _, e := range figures {
		if out[e.name] == nil {
			out[e.name] = map[string]bencherMetric{}
		}
		out[e.name][e.measure()] = bencherMetric{e.stat.Median, e.stat.Min, e.stat.Max}
	}
	return writeJSON(w, "Bencher Metric Format", out)
}

package campaign

import (
	"slices"
	"strings"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// SweepMetric returns the metric with this name. Without a name it returns the metric that the loads of all cells
// are measured for, and an error if there is no such metric.
func SweepMetric(name string, cells []scenario.Scenario) (results.Metric, error) {
	if name == "" {
		return metricOfLoads(cells)
	}
	known := results.MetricNames()
	if slices.Contains(known, results.Metric(name)) {
		return results.Metric(name), nil
	}
	names := make([]string, len(known))
	for i, m := range known {
		names[i] = string(m)
	}
	return "", usage("--metric %s: no such metric; allowed: %s", name, strings.Join(names, ", "))
}

// metricOfLoads returns a metric that the loads of all cells have: TCP and UDP at maximum load are both measured
// for their throughput.
func metricOfLoads(cells []scenario.Scenario) (results.Metric, error) {
	var metrics []results.Metric
	for _, s := range cells {
		if m := metricOfLoad(s); !slices.Contains(metrics, m) {
			metrics = append(metrics, m)
		}
	}
	latency := func(m results.Metric) bool { return m != results.MetricThroughput && m != results.MetricForwarded }
	switch {
	case len(metrics) == 1:
		return metrics[0], nil
	case !slices.ContainsFunc(metrics, latency):
		return results.MetricThroughput, nil
	}
	return "", usage("the cells have loads of several kinds, which are measured for different metrics: choose one with --metric")
}

func metricOfLoad(s scenario.Scenario) results.Metric {
	switch {
	case s.Proto == scenario.TCP:
		return results.MetricThroughput
	case s.Load.Mode == scenario.LoadPingPong:
		return results.RoundTrip("p50")
	case s.Load.Mode == scenario.LoadPaced:
		return results.Latency("p99")
	}
	return results.MetricForwarded
}

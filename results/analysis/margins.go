package analysis

import (
	"slices"

	"tunbench/results"
)

// comparedFigure is a metric that two arms, or two files, are compared in.
type comparedFigure struct {
	metric results.Metric
	margin float64 // change that is not worth speaking of, as a ratio less 1
	// applies says whether the metric means something in a trial of the scenario; nil: always.
	applies func(scenario string) bool
}

// fileFigures are those that two files are compared in, as a table shows them. The margins are what repeats of one build on an ordinary shared machine
// cannot be told apart by in a series of a minute or two.
func fileFigures() []comparedFigure {
	return []comparedFigure{
		{metric: results.MetricForwarded, margin: 0.02},
		{metric: results.MetricThroughput, margin: 0.02, applies: isTCP},
		{metric: results.MetricLoss},
		{metric: results.Latency("p50"), margin: 0.05, applies: isPaced},
		{metric: results.Latency("p99"), margin: 0.2, applies: isPaced},
		{metric: results.RoundTrip("p50"), margin: 0.05},
		{metric: results.RoundTrip("p99"), margin: 0.2},
		{metric: results.MetricDUTCost, margin: 0.03, applies: hasProcess},
		{metric: results.MetricMachineCost, margin: 0.03},
	}
}

// armFigures are those that two arms are compared in: what arrived instead of the loss, which may be zero and then has no ratio.
func armFigures() []comparedFigure {
	figures := fileFigures()
	for i := range figures {
		if figures[i].metric == results.MetricLoss {
			figures[i] = comparedFigure{metric: results.MetricDelivered, margin: 0.001, applies: isPaced}
		}
	}
	return figures
}

func metricsOf(figures []comparedFigure) []results.Metric {
	metrics := make([]results.Metric, len(figures))
	for i, f := range figures {
		metrics[i] = f.metric
	}
	return metrics
}

// ArmMetrics lists the metrics that [Compare] compares two arms in.
func ArmMetrics() []results.Metric { return metricsOf(armFigures()) }

// FileMetrics lists the metrics that [CompareFiles] compares two files in.
func FileMetrics() []results.Metric { return metricsOf(fileFigures()) }

// DefaultMargin is the change of a metric between two arms that is not worth speaking of, as a ratio less 1; 0 for a metric that is not compared.
func DefaultMargin(m results.Metric) float64 {
	figures := armFigures()
	if i := slices.IndexFunc(figures, func(f comparedFigure) bool { return f.metric == m }); i >= 0 {
		return figures[i].margin
	}
	return 0
}

// appliesTo says whether the metric means something under the load of a scenario.
func (f comparedFigure) appliesTo(scenario string) bool {
	return f.applies == nil || f.applies(scenario)
}

// isPaced says whether the load is below the maximum: at that, latencies tell how long the queue is, and loss follows from what was forwarded.
func isPaced(scenario string) bool { return !hasSetting(scenario, "load", "max") }

// isTCP says whether bits are what counts; of UDP it is packets, which say the same.
func isTCP(scenario string) bool { return hasSetting(scenario, "proto", "tcp") }

// hasProcess says whether the device under test is a program, whose CPU time can be told from the kernel's.
func hasProcess(scenario string) bool {
	return !hasSetting(scenario, "dut", "veth") && !hasSetting(scenario, "dut", "route")
}

func hasSetting(scenario, key, value string) bool {
	return slices.Contains(results.SettingsOf(scenario), results.Setting{Key: key, Value: value})
}

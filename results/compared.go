package results

import "strings"

// comparedFigure is a metric that two arms, or two files, are compared in.
type comparedFigure struct {
	metric Metric
	label  string
	format func(float64) string
	margin float64 // change that is not worth speaking of, as a ratio less 1
	// applies says whether the metric means something in a trial of the scenario; nil: always.
	applies func(scenario string) bool
}

// comparedFigures lists them as a table shows them. The margins are what repeats of one build on an ordinary shared machine cannot be told
// apart by in a series of a minute or two.
func comparedFigures() []comparedFigure {
	return []comparedFigure{
		{metric: MetricForwarded, label: "forwarded pps", format: scaled, margin: 0.02},
		{metric: MetricThroughput, label: "throughput bit/s", format: scaled, margin: 0.02, applies: isTCP},
		{metric: MetricLoss, label: "loss %", format: percent},
		{metric: Latency("p50"), label: "latency p50 µs", format: micros, margin: 0.05, applies: isPaced},
		{metric: Latency("p99"), label: "latency p99 µs", format: micros, margin: 0.2, applies: isPaced},
		{metric: RoundTrip("p50"), label: "round trip p50 µs", format: micros, margin: 0.05},
		{metric: RoundTrip("p99"), label: "round trip p99 µs", format: micros, margin: 0.2},
		{metric: MetricDUTCost, label: "DUT CPU ns/packet", format: significant, margin: 0.03, applies: hasProcess},
		{metric: MetricMachineCost, label: "machine CPU ns/packet", format: significant, margin: 0.03},
	}
}

// pairedFigures lists those that two arms are compared in: what arrived instead of the loss, which may be zero and then has no ratio.
func pairedFigures() []comparedFigure {
	figures := comparedFigures()
	for i := range figures {
		if figures[i].metric == MetricLoss {
			figures[i] = comparedFigure{metric: MetricDelivered, label: "delivered %", format: percent, margin: 0.001, applies: isPaced}
		}
	}
	return figures
}

// figureOf is how a metric of two arms is compared.
func figureOf(m Metric) (f comparedFigure, ok bool) {
	for _, f := range pairedFigures() {
		if f.metric == m {
			return f, true
		}
	}
	return comparedFigure{}, false
}

// ComparedMetrics lists the metrics that [Compare] knows.
func ComparedMetrics() []Metric {
	var metrics []Metric
	for _, f := range pairedFigures() {
		metrics = append(metrics, f.metric)
	}
	return metrics
}

// DefaultMargin is the change of a metric that is not worth speaking of, as a ratio less 1; 0 for a metric that is not compared.
func DefaultMargin(m Metric) float64 {
	f, _ := figureOf(m)
	return f.margin
}

// labelOf is a metric in the words of a table.
func labelOf(m Metric) string {
	if f, ok := figureOf(m); ok {
		return f.label
	}
	return string(m)
}

// appliesTo says whether the metric means something under the load of a scenario.
func (f comparedFigure) appliesTo(scenario string) bool {
	return f.applies == nil || f.applies(scenario)
}

// isPaced says whether the load is below the maximum: at that, latencies tell how long the queue is, and loss follows from what was forwarded.
func isPaced(scenario string) bool { return !hasSetting(scenario, "load=max") }

// isTCP says whether bits are what counts; of UDP it is packets, which say the same.
func isTCP(scenario string) bool { return hasSetting(scenario, "proto=tcp") }

// hasProcess says whether the device under test is a program, whose CPU time can be told from the kernel's.
func hasProcess(scenario string) bool {
	return !hasSetting(scenario, "dut=veth") && !hasSetting(scenario, "dut=route")
}

func hasSetting(scenario, setting string) bool {
	return strings.Contains("/"+scenario+"/", "/"+setting+"/")
}

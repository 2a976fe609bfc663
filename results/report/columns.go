package report

import (
	"strconv"
	"strings"

	"tunbench/results"
	"tunbench/results/report/layout"
)

// Headers that the legend explains.
const (
	headerP50     = "p50\nµs"
	headerDUT     = "DUT\nns/pkt"
	headerMachine = "machine\nns/pkt"
	headerEndA    = "end A\nns/pkt"
	headerEndB    = "end B\nns/pkt"
	headerAdded   = "added\nB/pkt"
)

// tableColumns are the columns that a table may have, in their order. One whose cells are all absent vanishes. The number of trials needs no
// column where it is the same in all rows. What limited a row is the key to its figures, and goes last.
func tableColumns(sameCount bool) []layout.Column[row] {
	columns := []layout.Column[row]{
		{Header: "", Left: true, Cell: func(r row) string { return plain(r.label) }},
		{Header: "offered\npps", Keep: 5, Cell: figure(results.MetricOffered, scaled)},
		{Header: "forwarded\npps", Cell: figureWithSpread(results.MetricForwarded, scaled)},
		{Header: "throughput\nbit/s", Cell: throughputCell},
		{Header: "loss\n%", Keep: 8, Cell: figure(results.MetricLoss, percent)},
		{Header: "lost\nmost at", Left: true, Keep: 3, Cell: lostAtCell},
		{Header: headerP50, Cell: latencyCell("p50", true)},
		{Header: "p99\nµs", Keep: 7, Cell: latencyCell("p99", false)},
		{Header: "p99.9\nµs", Keep: 4, Cell: latencyCell("p999", false)},
		{Header: headerDUT, Keep: 6, Cell: figure(results.MetricDUTCost, significant)},
		{Header: headerEndA, Keep: 2, Cell: figure(results.MetricEndA, significant)},
		{Header: headerEndB, Keep: 2, Cell: figure(results.MetricEndB, significant)},
		{Header: headerAdded, Keep: 2, Cell: figure(results.MetricOverhead, significant)},
		{Header: headerMachine, Keep: 1, Cell: figure(results.MetricMachineCost, significant)},
		{Header: "limited\nby", Left: true, Keep: 9, Cell: limitedByCell},
	}
	if !sameCount {
		columns = append(columns, layout.Column[row]{Header: "\nn", Cell: countCell})
	}
	return columns
}

// figure shows the median of a metric.
func figure(m results.Metric, format func(float64) string) func(row) string {
	return func(r row) string {
		if s, ok := r.Stats[m]; ok {
			return format(s.Median)
		}
		return layout.Absent
	}
}

// figureWithSpread shows the median of a metric and its spread over the repeats.
func figureWithSpread(m results.Metric, format func(float64) string) func(row) string {
	return func(r row) string {
		if s, ok := r.Stats[m]; ok {
			return strings.TrimSpace(format(s.Median) + " " + spread(s))
		}
		return layout.Absent
	}
}

// throughputCell shows the spread only where no packet rate stands beside it to say the same.
func throughputCell(r row) string {
	if _, ok := r.Stats[results.MetricForwarded]; ok {
		return figure(results.MetricThroughput, scaled)(r)
	}
	return figureWithSpread(results.MetricThroughput, scaled)(r)
}

func latencyCell(percentile string, withSpread bool) func(row) string {
	return func(r row) string {
		s, ok := r.latency(percentile)
		if !ok {
			return layout.Absent
		}
		if withSpread {
			return strings.TrimSpace(micros(s.Median) + " " + spread(s))
		}
		return micros(s.Median)
	}
}

// lostAtCell names the place that lost most.
func lostAtCell(r row) string {
	if e, ok := r.Ledger.LargestLoss(); ok {
		return plain(string(e.Place))
	}
	return layout.Absent
}

// limitedByCell leaves out that it is a core which is full: the column is wide enough.
func limitedByCell(r row) string {
	if len(r.LimitedBy) == 0 {
		return layout.Absent
	}
	words := make([]string, len(r.LimitedBy))
	for i, word := range r.LimitedBy {
		words[i] = strings.TrimSuffix(word, " core")
	}
	return plain(strings.Join(words, ", "))
}

// countCell is the number of trials behind the figures, and of how many if some are left out.
func countCell(r row) string {
	if r.Used == r.Trials {
		return strconv.Itoa(r.Used)
	}
	return strconv.Itoa(r.Used) + "/" + strconv.Itoa(r.Trials)
}

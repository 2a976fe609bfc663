package results

import (
	"strconv"
	"strings"
)

// Headers that the legend explains.
const (
	headerP50     = "p50\nµs"
	headerDUT     = "DUT\nns/pkt"
	headerMachine = "machine\nns/pkt"
)

// tableColumns are the columns that a table may have, in their order. One whose cells are all absent vanishes. The number of trials needs no
// column where it is the same in all rows. What limited a row is the key to its figures, and goes last.
func tableColumns(sameCount bool) []column[row] {
	columns := []column[row]{
		{header: "", left: true, cell: func(r row) string { return plain(r.label) }},
		{header: "offered\npps", keep: 5, cell: figure(MetricOffered, scaled)},
		{header: "forwarded\npps", cell: figureWithSpread(MetricForwarded, scaled)},
		{header: "throughput\nbit/s", cell: throughputCell},
		{header: "loss\n%", keep: 8, cell: figure(MetricLoss, percent)},
		{header: "lost\nmost at", left: true, keep: 3, cell: lostAtCell},
		{header: headerP50, cell: latencyCell("p50", true)},
		{header: "p99\nµs", keep: 7, cell: latencyCell("p99", false)},
		{header: "p99.9\nµs", keep: 4, cell: latencyCell("p999", false)},
		{header: headerDUT, keep: 6, cell: figure(MetricDUTCost, significant)},
		{header: headerMachine, keep: 1, cell: figure(MetricMachineCost, significant)},
		{header: "limited\nby", left: true, keep: 9, cell: limitedByCell},
	}
	if !sameCount {
		columns = append(columns, column[row]{header: "\nn", cell: countCell})
	}
	return columns
}

// figure shows the median of a metric.
func figure(m Metric, format func(float64) string) func(row) string {
	return func(r row) string {
		if s, ok := r.Stats[m]; ok {
			return format(s.Median)
		}
		return absent
	}
}

// figureWithSpread shows the median of a metric and its spread over the repeats.
func figureWithSpread(m Metric, format func(float64) string) func(row) string {
	return func(r row) string {
		if s, ok := r.Stats[m]; ok {
			return strings.TrimSpace(format(s.Median) + " " + spread(s))
		}
		return absent
	}
}

// throughputCell shows the spread only where no packet rate stands beside it to say the same.
func throughputCell(r row) string {
	if _, ok := r.Stats[MetricForwarded]; ok {
		return figure(MetricThroughput, scaled)(r)
	}
	return figureWithSpread(MetricThroughput, scaled)(r)
}

func latencyCell(percentile string, withSpread bool) func(row) string {
	return func(r row) string {
		s, ok := r.latency(percentile)
		if !ok {
			return absent
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
	return absent
}

// limitedByCell leaves out that it is a core which is full: the column is wide enough.
func limitedByCell(r row) string {
	if len(r.LimitedBy) == 0 {
		return absent
	}
	words := make([]string, len(r.LimitedBy))
	for i, word := range r.LimitedBy {
		words[i] = strings.TrimSuffix(word, " core")
	}
	return plain(strings.Join(words, ", "))
}

// countCell is the number of trials behind the figures, and of how many if some are left out.
func countCell(r row) string {
	if r.Used == r.Trials() {
		return strconv.Itoa(r.Used)
	}
	return strconv.Itoa(r.Used) + "/" + strconv.Itoa(r.Trials())
}

package report

import (
	"strconv"
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// TestBurstTableComparesMeansWithMeans: what was held of a burst is never more than the burst, however the repetitions are spread.
func TestBurstTableComparesMeansWithMeans(t *testing.T) {
	for _, packets := range [][]int64{{1528, 1500, 2016}, {1000, 1000, 4000}, {16, 17152, 17152, 40000}} {
		found := analysis.NewPacketRange(packets)
		corrected := found.Mean * 0.99
		b := results.Burst{Scenario: "dut=forwarder", LongestPackets: &found, CorrectedPackets: &corrected, Repetitions: make([]results.Repetition, len(packets))}
		table, err := Table(fixture.File(fixture.Host(), b), Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(table, "──\n")
		cells := strings.Fields(body) // longest, least, most, lasting, corrected, n
		longest, err1 := strconv.Atoi(cells[0])
		held, err2 := strconv.Atoi(cells[4])
		if err1 != nil || err2 != nil || held > longest {
			t.Errorf("%v: longest %s, corrected %s in\n%s", packets, cells[0], cells[4], table)
		}
	}
}

// TestBurstLegendOfNothing: what is not there is not explained.
func TestBurstLegendOfNothing(t *testing.T) {
	table, err := Table(fixture.File(fixture.Host(), results.Burst{Scenario: "dut=forwarder", Error: "no generator"}), Options{})
	if err != nil || strings.Contains(table, "mean over") || strings.Contains(table, "corrected") {
		t.Errorf("%v in\n%s", err, table)
	}
}

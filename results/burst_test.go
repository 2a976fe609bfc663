package results

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewPacketRange(t *testing.T) {
	for _, tc := range []struct {
		packets []int64
		want    PacketRange
	}{
		{[]int64{7}, PacketRange{Mean: 7, Median: 7, Min: 7, Max: 7}},
		{[]int64{9, 1, 5, 5}, PacketRange{Mean: 5, StdDev: 3.265986323710904, Median: 5, Min: 1, Max: 9}}, // √(32/3)
		{[]int64{4, 1}, PacketRange{Mean: 2.5, StdDev: 2.1213203435596424, Median: 2.5, Min: 1, Max: 4}},  // √(9/2)
	} {
		if diff := cmp.Diff(tc.want, NewPacketRange(tc.packets)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tc.packets, diff)
		}
	}
}

// TestBurstTableComparesMeansWithMeans: what was held of a burst is never more than the burst, however the repetitions are spread.
func TestBurstTableComparesMeansWithMeans(t *testing.T) {
	for _, packets := range [][]int64{{1528, 1500, 2016}, {1000, 1000, 4000}, {16, 17152, 17152, 40000}} {
		found := NewPacketRange(packets)
		corrected := found.Mean * 0.99
		b := Burst{Scenario: "dut=forwarder", LongestPackets: &found, CorrectedPackets: &corrected, Repetitions: make([]Repetition, len(packets))}
		table, err := Table(fileOf(sampleHost(), b), Options{})
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
	table, err := Table(fileOf(sampleHost(), Burst{Scenario: "dut=forwarder", Error: "no generator"}), Options{})
	if err != nil || strings.Contains(table, "mean over") || strings.Contains(table, "corrected") {
		t.Errorf("%v in\n%s", err, table)
	}
}

package results_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

func TestLedgerBalance(t *testing.T) {
	lossy := results.Ledger{
		{Place: results.PlaceSink, Packets: 60},
		{Place: results.PlaceIntended, Packets: 100},
		{Place: results.WriteError("EINVAL"), Packets: 3},
		{Place: results.PlaceDeviceRing, Packets: 20},
		{Place: results.ForwarderDrop("short"), Packets: 4},
		{Place: results.PlaceReadByForwarder, Packets: 67},
		{Place: results.PlaceDuplicated, Packets: 5},
		{Place: results.PlaceNotOffered, Packets: 10},
	}
	tests := []struct {
		name   string
		ledger results.Ledger
		want   int64
	}{
		{"empty", nil, 0},
		{"all arrived", results.Ledger{{Place: results.PlaceIntended, Packets: 9}, {Place: results.PlaceSink, Packets: 9}}, 0},
		{"losses of every kind", lossy, 3},
		{"a place of a later version is a loss", results.Ledger{{Place: results.PlaceIntended, Packets: 9}, {Place: "moon", Packets: 2}, {Place: results.PlaceSink, Packets: 7}}, 0},
		{"nothing intended", results.Ledger{{Place: results.PlaceDeviceRing, Packets: 3}}, 0},
		{"counted twice", results.Ledger{{Place: results.PlaceIntended, Packets: 9}, {Place: results.PlaceQdisc, Packets: 2}, {Place: results.PlaceSink, Packets: 9}}, -2},
		{"an old balance does not count", results.Ledger{{Place: results.PlaceIntended, Packets: 9}, {Place: results.PlaceUnaccounted, Packets: 5}, {Place: results.PlaceSink, Packets: 9}}, 0},
	}
	for _, test := range tests {
		if got := test.ledger.Balance(); got != test.want {
			t.Errorf("%s: Balance = %d, want %d", test.name, got, test.want)
		}
	}
	want := results.Ledger{
		{Place: results.PlaceIntended, Packets: 100},
		{Place: results.PlaceNotOffered, Packets: 10},
		{Place: results.PlaceDeviceRing, Packets: 20},
		{Place: results.PlaceReadByForwarder, Packets: 67},
		{Place: results.ForwarderDrop("short"), Packets: 4},
		{Place: results.WriteError("EINVAL"), Packets: 3},
		{Place: results.PlaceSink, Packets: 60},
		{Place: results.PlaceDuplicated, Packets: 5},
		{Place: results.PlaceUnaccounted, Packets: 3},
	}
	before := append(results.Ledger(nil), lossy...)
	if diff := cmp.Diff(want, lossy.Balanced()); diff != "" {
		t.Errorf("Balanced (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, lossy); diff != "" {
		t.Errorf("Balanced changed its receiver (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, want.Balanced()); diff != "" {
		t.Errorf("Balanced twice (-want +got):\n%s", diff)
	}
}

// TestLedgerOrder: every place stands where the path meets it, those of both stacks too, and all but four are losses.
func TestLedgerOrder(t *testing.T) {
	want := results.Ledger{
		{Place: results.PlaceIntended, Packets: 100},
		{Place: results.PlaceNotOffered, Packets: 1},
		{Place: results.PlaceSenderSocket, Packets: 2},
		{Place: results.StackDrop("Ip.OutDiscards"), Packets: 3},
		{Place: results.PlaceQdisc, Packets: 4},
		{Place: results.PlaceDeviceRing, Packets: 5},
		{Place: results.PlaceReadByForwarder, Packets: 85},
		{Place: results.ForwarderDrop("short"), Packets: 6},
		{Place: results.WriteError("EINVAL"), Packets: 7},
		{Place: results.PlaceReceivingDevice, Packets: 8},
		{Place: results.ReceiverStack("Ip.InDiscards"), Packets: 9},
		{Place: results.PlaceReceiverSocket, Packets: 10},
		{Place: results.PlaceCorrupt, Packets: 11},
		{Place: results.PlaceSink, Packets: 34},
		{Place: results.PlaceDuplicated, Packets: 5},
		{Place: results.PlaceUnaccounted, Packets: 0},
	}
	var mixed results.Ledger
	for i := range len(want) - 1 {
		mixed = append(mixed, want[(i*7+3)%(len(want)-1)])
	}
	if diff := cmp.Diff(want, mixed.Balanced()); diff != "" {
		t.Errorf("Balanced (-want +got):\n%s", diff)
	}
}

func TestLedgerSum(t *testing.T) {
	got := results.Sum(results.Ledger{{Place: results.PlaceIntended, Packets: 5}, {Place: results.PlaceSink, Packets: 5}}, results.Ledger{{Place: results.PlaceIntended, Packets: 7}, {Place: results.PlaceQdisc, Packets: 2}, {Place: results.PlaceSink, Packets: 5}})
	want := results.Ledger{{Place: results.PlaceIntended, Packets: 12}, {Place: results.PlaceQdisc, Packets: 2}, {Place: results.PlaceSink, Packets: 10}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sum (-want +got):\n%s", diff)
	}
}

func TestLedgerLargestLoss(t *testing.T) {
	for _, nothing := range []results.Ledger{
		{{Place: results.PlaceIntended, Packets: 9}, {Place: results.PlaceQdisc, Packets: 0}, {Place: results.PlaceSink, Packets: 9}, {Place: results.PlaceUnaccounted, Packets: 0}},
		{{Place: results.PlaceIntended, Packets: 9}, {Place: results.PlaceSink, Packets: 9}, {Place: results.PlaceEarlier, Packets: 4}, {Place: results.PlaceForeign, Packets: 5}, {Place: results.PlaceUnaccounted, Packets: 0}},
		{{Place: results.PlaceIntended, Packets: 9}, {Place: results.PlaceSink, Packets: 12}, {Place: results.PlaceUnaccounted, Packets: -3}},
	} {
		if e, ok := nothing.LargestLoss(); ok {
			t.Errorf("LargestLoss = %v where nothing was lost", e)
		}
	}
	// Most of it was lost nobody knows where: the counters' one packet is not the answer.
	if e, ok := (results.Ledger{{Place: results.PlaceIntended, Packets: 3000}, {Place: results.PlaceDeviceRing, Packets: 1}, {Place: results.PlaceSink, Packets: 707}, {Place: results.PlaceUnaccounted, Packets: 2292}}).LargestLoss(); !ok || e.Place != results.PlaceUnaccounted {
		t.Errorf("LargestLoss = %v, want what is unaccounted for", e)
	}
	if e, ok := (results.Ledger{{Place: results.PlaceIntended, Packets: 30}, {Place: results.PlaceDeviceRing, Packets: 1}, {Place: results.PlaceInFlight, Packets: 2}, {Place: results.PlaceSink, Packets: 27}, {Place: results.PlaceUnaccounted, Packets: 0}}).LargestLoss(); !ok || e.Place != results.PlaceInFlight {
		t.Errorf("LargestLoss = %v, want what is in flight", e)
	}
	e, ok := (results.Ledger{{Place: results.PlaceIntended, Packets: 103}, {Place: results.PlaceNotOffered, Packets: 4}, {Place: results.PlaceQdisc, Packets: 3}, {Place: results.WriteError("EIO"), Packets: 5}, {Place: results.PlaceDeviceRing, Packets: 5}, {Place: results.PlaceSink, Packets: 86}}).LargestLoss()
	if !ok || e != (results.LedgerEntry{Place: results.WriteError("EIO"), Packets: 5}) {
		t.Errorf("LargestLoss = %v, %v", e, ok)
	}
}

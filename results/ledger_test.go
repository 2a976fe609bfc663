package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLedgerBalance(t *testing.T) {
	lossy := Ledger{
		{PlaceSink, 60},
		{PlaceIntended, 100},
		{WriteError("EINVAL"), 3},
		{PlaceDeviceRing, 20},
		{ForwarderDrop("short"), 4},
		{PlaceReadByForwarder, 67},
		{PlaceDuplicated, 5},
		{PlaceNotOffered, 10},
	}
	tests := []struct {
		name   string
		ledger Ledger
		want   int64
	}{
		{"empty", nil, 0},
		{"all arrived", Ledger{{PlaceIntended, 9}, {PlaceSink, 9}}, 0},
		{"losses of every kind", lossy, 3},
		{"a place of a later version is a loss", Ledger{{PlaceIntended, 9}, {"moon", 2}, {PlaceSink, 7}}, 0},
		{"nothing intended", Ledger{{PlaceDeviceRing, 3}}, 0},
		{"counted twice", Ledger{{PlaceIntended, 9}, {PlaceQdisc, 2}, {PlaceSink, 9}}, -2},
		{"an old balance does not count", Ledger{{PlaceIntended, 9}, {PlaceUnaccounted, 5}, {PlaceSink, 9}}, 0},
	}
	for _, test := range tests {
		if got := test.ledger.Balance(); got != test.want {
			t.Errorf("%s: Balance = %d, want %d", test.name, got, test.want)
		}
	}
	want := Ledger{
		{PlaceIntended, 100},
		{PlaceNotOffered, 10},
		{PlaceDeviceRing, 20},
		{PlaceReadByForwarder, 67},
		{ForwarderDrop("short"), 4},
		{WriteError("EINVAL"), 3},
		{PlaceSink, 60},
		{PlaceDuplicated, 5},
		{PlaceUnaccounted, 3},
	}
	before := append(Ledger(nil), lossy...)
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
	want := Ledger{
		{PlaceIntended, 100},
		{PlaceNotOffered, 1},
		{PlaceSenderSocket, 2},
		{StackDrop("Ip.OutDiscards"), 3},
		{PlaceQdisc, 4},
		{PlaceDeviceRing, 5},
		{PlaceReadByForwarder, 85},
		{ForwarderDrop("short"), 6},
		{WriteError("EINVAL"), 7},
		{PlaceReceivingDevice, 8},
		{ReceiverStack("Ip.InDiscards"), 9},
		{PlaceReceiverSocket, 10},
		{PlaceCorrupt, 11},
		{PlaceSink, 34},
		{PlaceDuplicated, 5},
		{PlaceUnaccounted, 0},
	}
	var mixed Ledger
	for i := range len(want) - 1 {
		mixed = append(mixed, want[(i*7+3)%(len(want)-1)])
	}
	if diff := cmp.Diff(want, mixed.Balanced()); diff != "" {
		t.Errorf("Balanced (-want +got):\n%s", diff)
	}
}

func TestLedgerSum(t *testing.T) {
	got := Sum(Ledger{{PlaceIntended, 5}, {PlaceSink, 5}}, Ledger{{PlaceIntended, 7}, {PlaceQdisc, 2}, {PlaceSink, 5}})
	want := Ledger{{PlaceIntended, 12}, {PlaceQdisc, 2}, {PlaceSink, 10}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sum (-want +got):\n%s", diff)
	}
}

func TestLedgerLargestLoss(t *testing.T) {
	for _, nothing := range []Ledger{
		{{PlaceIntended, 9}, {PlaceQdisc, 0}, {PlaceSink, 9}, {PlaceUnaccounted, 0}},
		{{PlaceIntended, 9}, {PlaceSink, 9}, {PlaceEarlier, 4}, {PlaceForeign, 5}, {PlaceUnaccounted, 0}},
		{{PlaceIntended, 9}, {PlaceSink, 12}, {PlaceUnaccounted, -3}},
	} {
		if e, ok := nothing.LargestLoss(); ok {
			t.Errorf("LargestLoss = %v where nothing was lost", e)
		}
	}
	// Most of it was lost nobody knows where: the counters' one packet is not the answer.
	if e, ok := (Ledger{{PlaceIntended, 3000}, {PlaceDeviceRing, 1}, {PlaceSink, 707}, {PlaceUnaccounted, 2292}}).LargestLoss(); !ok || e.Place != PlaceUnaccounted {
		t.Errorf("LargestLoss = %v, want what is unaccounted for", e)
	}
	if e, ok := (Ledger{{PlaceIntended, 30}, {PlaceDeviceRing, 1}, {PlaceInFlight, 2}, {PlaceSink, 27}, {PlaceUnaccounted, 0}}).LargestLoss(); !ok || e.Place != PlaceInFlight {
		t.Errorf("LargestLoss = %v, want what is in flight", e)
	}
	e, ok := (Ledger{{PlaceIntended, 103}, {PlaceNotOffered, 4}, {PlaceQdisc, 3}, {WriteError("EIO"), 5}, {PlaceDeviceRing, 5}, {PlaceSink, 86}}).LargestLoss()
	if !ok || e != (LedgerEntry{WriteError("EIO"), 5}) {
		t.Errorf("LargestLoss = %v, %v", e, ok)
	}
}

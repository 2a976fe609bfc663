package faulty

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
)

var _ dut.Kind = (*Kind)(nil)

// TestFaults sends twelve packets from A to B and looks at what arrives, what the
// forwarder counted, and what it says that it did.
func TestFaults(t *testing.T) {
	const sent = "abcdefghijkl"
	for name, test := range map[string]struct {
		faults Faults
		want   string
		counts Counts
	}{
		"nothing":       {Faults{}, sent, Counts{Read: 12}},
		"drop":          {Faults{DropEvery: 5}, "abcdfghikl", Counts{Read: 12, Dropped: 2}},
		"drop in a row": {Faults{DropBurst: Burst{6, 3}}, "abcghi", Counts{Read: 12, Dropped: 6}},
		"silent":        {Faults{DropEvery: 5, Silent: true}, "abcdfghikl", Counts{Read: 12, Dropped: 2}},
		"duplicate":     {Faults{DuplicateEvery: 5}, "abcdeefghijjkl", Counts{Read: 12, Duplicated: 2}},
		"swap":          {Faults{SwapEvery: 4}, "abcedfgihjkl", Counts{Read: 12, Swapped: 2, Overtaken: 2}},
		"flip":          {Faults{FlipEvery: 5}, "abcdfghikl", Counts{Read: 12, Flipped: 2}},
		"delay":         {Faults{Delay: 20 * ms}, sent, Counts{Read: 12, Delayed: 12}},
		"delay some":    {Faults{DelayEvery: DelayEvery{5, 3 * time.Second}}, "abcdfghiklej", Counts{Read: 12, Delayed: 2, Overtaken: 2}},
		"match":         {Faults{DropEvery: 5, MatchPort: udpPort}, "abcdfghikl", Counts{Read: 12, Dropped: 2}},
		"match another": {Faults{DropEvery: 5, MatchPort: udpPort + 1}, sent, Counts{}},
		"stall":         {Faults{Stall: Stall{3, 100 * ms}}, sent, Counts{Read: 12}},
	} {
		for _, dev := range []scenario.Dev{scenario.TUN, scenario.TAP} {
			t.Run(name+" "+string(dev), func(t *testing.T) {
				kind := New(test.faults)
				kind.patience = 3 * time.Second // the last letter waits so long for a successor
				bed, running := setUp(t, kind, dev)
				l := newLink(t, bed.A(), bed.B())
				l.sendLetters(sent)
				if got := l.letters(len(test.want)); got != test.want {
					t.Errorf("%q arrived, want %q", got, test.want)
				}
				eventually(t, "counts", test.counts, kind.Counts)
				checkStats(t, running, test.faults, test.counts, uint64(len(test.want)))
				checkCorrupt(t, bed, test.counts.Flipped)
			})
		}
	}
}

// checkStats looks at the counters that a ledger would be made of.
func checkStats(t *testing.T, running dut.Running, f Faults, c Counts, arrived uint64) {
	t.Helper()
	want := forwarder.DirectionStats{ReadPackets: 12, ReadSegments: 12}
	want.WrittenPackets = arrived + c.Flipped // arrived, too, but were not taken
	want.WrittenSegments = want.WrittenPackets
	if c.Dropped > 0 && !f.Silent {
		want.Drops = map[string]uint64{DropReason: c.Dropped}
	}
	eventually(t, "counters", want, func() forwarder.DirectionStats {
		got := total(t, running).AToB
		got.ReadBytes, got.EmptyReads = 0, 0
		return got
	}, emptyIsNil())
	if n := total(t, running).BToA.ReadPackets; n != 0 {
		t.Errorf("%d packets from B, want none", n)
	}
}

func total(t *testing.T, running dut.Running) forwarder.WorkerStats {
	t.Helper()
	stats, err := running.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return stats.Total()
}

func emptyIsNil() cmp.Option {
	return cmp.FilterValues(
		func(a, b map[string]uint64) bool { return len(a)+len(b) == 0 },
		cmp.Comparer(func(a, b map[string]uint64) bool { return true }),
	)
}

// checkCorrupt looks at what B's stack found damaged.
func checkCorrupt(t *testing.T, bed *testbed.Testbed, want uint64) {
	t.Helper()
	c, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if got := c.StackB["Udp.InCsumErrors"]; got != want {
		t.Errorf("%d packets arrived damaged, want %d", got, want)
	}
}

func TestOtherWayIsPlain(t *testing.T) {
	kind := New(Faults{DropEvery: 1, Delay: time.Hour})
	bed, running := setUp(t, kind, scenario.TUN)
	l := newLink(t, bed.B(), bed.A())
	l.sendLetters("abc")
	if got := l.letters(3); got != "abc" {
		t.Errorf("%q arrived, want all", got)
	}
	eventually(t, "packets written", 3, func() uint64 { return total(t, running).BToA.WrittenPackets })
	if kind.Counts() != (Counts{}) {
		t.Errorf("%+v", kind.Counts())
	}
}

func TestArm(t *testing.T) {
	kind := New(Faults{AwaitArm: true, DropEvery: 2})
	if kind.Counts() != (Counts{}) {
		t.Errorf("%+v before the start", kind.Counts())
	}
	bed, running := setUp(t, kind, scenario.TUN)
	l := newLink(t, bed.A(), bed.B())
	l.sendLetters("abcd")
	before := l.letters(4)
	kind.Arm()
	l.sendLetters("efgh")
	if after := l.letters(2); before != "abcd" || after != "eg" {
		t.Errorf("%q arrived before, %q after", before, after)
	}
	if err := running.Stop(); err != nil {
		t.Fatal(err)
	}
	if want := (Counts{Read: 4, Dropped: 2}); kind.Counts() != want {
		t.Errorf("%+v, want %+v", kind.Counts(), want)
	}

	again, err := kind.Start(t.Context(), bed, scenario.Scenario{Dev: scenario.TUN}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Stop()
	l.sendLetters("ijkl")
	if got := l.letters(4); got != "ijkl" || kind.Counts() != (Counts{}) {
		t.Errorf("started again, %q arrived, %+v", got, kind.Counts())
	}
}

// TestDelayLineHolds has a second of 100,000 packets/s waiting: none is lost, and
// what comes in does not wait for what is there.
func TestDelayLineHolds(t *testing.T) {
	const delay, gap, packets = time.Second, 10 * time.Microsecond, 150_000
	kind := New(Faults{Delay: delay})
	bed, _ := setUp(t, kind, scenario.TUN)
	l := newLink(t, bed.A(), bed.B())
	ways := l.sendPaced(packets, gap)
	if len(ways) != packets {
		t.Fatalf("%d of %d packets arrived, %+v", len(ways), packets, kind.Counts())
	}
	eventually(t, "packets delayed", packets, func() uint64 { return kind.Counts().Delayed })
	if least := slices.Min(ways); least < delay {
		t.Errorf("a packet was held back only %v", least)
	}
	slices.Sort(ways)
	t.Logf("median %v, p99 %v", ways[packets/2], ways[packets*99/100])
}

// TestStallHoldsAllBack: the packets of the stall arrive after it, the first as late
// as it is long.
func TestStallHoldsAllBack(t *testing.T) {
	const packets, gap, after, stall = 1000, 200 * time.Microsecond, 200, 50 * time.Millisecond
	kind := New(Faults{Stall: Stall{After: after, For: stall}})
	bed, _ := setUp(t, kind, scenario.TUN)
	ways := newLink(t, bed.A(), bed.B()).sendPaced(packets, gap)
	if len(ways) != packets {
		t.Fatalf("%d of %d packets arrived", len(ways), packets)
	}
	if first := ways[after]; first < stall {
		t.Errorf("packet %d came after %v, want %v", after+1, first, stall)
	}
	// Half of those that were sent meanwhile wait half the stall or longer; a busy
	// machine adds others.
	late := 0
	for _, way := range ways {
		if way >= stall/2 {
			late++
		}
	}
	if want := int(stall / 2 / gap); late < want-want/10 {
		t.Errorf("%d packets waited for half the stall, want %d", late, want)
	}
}

func TestStartFails(t *testing.T) {
	kind := New(Faults{})
	bed, running := setUp(t, kind, scenario.TAP)
	if err := running.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := kind.Start(context.Background(), bed, scenario.Scenario{Dev: scenario.TUN}, nil); !errors.Is(err, tun.ErrMismatch) {
		t.Errorf("error is %v, want a mismatch of TUN and TAP", err)
	}
	if _, err := New(Faults{DropEvery: -1}).Start(context.Background(), bed, scenario.Scenario{Dev: scenario.TAP}, nil); err == nil {
		t.Error("a negative number was accepted")
	}
	noCPU := []int{1 << 10}
	failed, err := kind.Start(context.Background(), bed, scenario.Scenario{Dev: scenario.TAP}, noCPU)
	if err != nil {
		t.Fatal(err)
	}
	defer failed.Stop()
	select {
	case <-failed.Ended():
	case <-time.After(long):
		t.Fatal("did not end")
	}
	if err := failed.Err(); err == nil || !strings.Contains(err.Error(), "CPU") {
		t.Errorf("ended with %v", err)
	}
}

// TestStop ends it twice, with packets waiting.
func TestStop(t *testing.T) {
	kind := New(Faults{Delay: time.Hour})
	bed, running := setUp(t, kind, scenario.TUN)
	l := newLink(t, bed.A(), bed.B())
	l.sendLetters("abc")
	if got := l.letters(0); got != "" {
		t.Errorf("%q arrived", got)
	}
	for range 2 {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}
	select {
	case <-running.Ended():
		t.Error("it says that it ended by itself")
	default:
	}
	if err := running.Err(); err != nil {
		t.Error(err)
	}
}

package traffic

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// epochPackets are sequence numbers of one flow that arrive after a load began at
// epoch: two of the load before it, meant to be sent before, among those of the present.
func epochPackets(epoch uint64) [][]byte {
	return [][]byte{
		stamped(0, 32, epoch-1, 0),
		stamped(0, 32, epoch, 10),
		stamped(0, 32, epoch+5, 11),
		stamped(0, 32, epoch-1_000_000_000, 1),
		stamped(0, 32, epoch-1_000_000_000, 1), // a copy of it, no duplicate of ours
	}
}

// checkEpoch compares what a sink made of epochPackets.
func checkEpoch(t *testing.T, got SinkCounts) {
	t.Helper()
	if total := got.Total(); total.Earlier != 3 || total.Segments != 2 || total.Corrupt+total.Foreign != 0 {
		t.Errorf("%+v, want 3 segments of an earlier load and 2 of this", total)
	}
	if diff := cmp.Diff(FlowCounts{Unique: 2}, got.Flows()); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
	if n := got.Latency.TotalCount(); n != 2 {
		t.Errorf("%d latencies, want 2", n)
	}
}

// TestLatePacketsOfAnEarlierLoad: what a packet carries says to which load it belongs,
// not when it comes.
func TestLatePacketsOfAnEarlierLoad(t *testing.T) {
	for kind := range programs() {
		for name, epoch := range map[string]uint64{"usual": 1 << 40, "the stamp's time wraps": 1 << 48} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				s := loadTestSink(t, SinkConfig{Kind: kind, Flows: 1}, epoch+100)
				if err := s.Epoch.Set(epoch); err != nil {
					t.Fatal(err)
				}
				for _, payload := range epochPackets(epoch) {
					s.receive(packetSpec{port: testPort, payload: payload}.build(), 0)
				}
				checkEpoch(t, s.counts())
			})
		}
	}
	t.Run("socket", func(t *testing.T) {
		s := &socketSink{cfg: SinkConfig{Flows: 1, Addr: netip.IPv4Unspecified()}, flows: make([]flowWindow, 1), latency: NewHistogram(), epoch: 1 << 40}
		for _, payload := range epochPackets(1 << 40) {
			s.takeSegment(payload, 1<<40+100)
		}
		c := SinkCounts{PerCPU: []CPUCounts{s.counts}, PerFlow: []FlowCounts{s.flows[0].counts}, Latency: s.latency}
		c.PerFlow[0].NextSeq = 0
		checkEpoch(t, c)
	})
}

// TestLatePacketsWithinSuperpacket: a forwarder may have coalesced the end of one load
// with the beginning of the next.
func TestLatePacketsWithinSuperpacket(t *testing.T) {
	const epoch = 1 << 40
	for _, kind := range []SinkKind{SinkTCX, sinkClsact} {
		t.Run(string(kind), func(t *testing.T) {
			s := loadTestSink(t, SinkConfig{Kind: kind, Flows: 1}, epoch+100)
			if err := s.Epoch.Set(uint64(epoch)); err != nil {
				t.Fatal(err)
			}
			payload := append(stamped(0, 32, epoch-5, 7, 8), stamped(0, 32, epoch, 9, 10, 11)...)
			s.receive(packetSpec{port: testPort, payload: payload, partial: true}.build(), 32)
			got := s.counts()
			if total := got.Total(); total.Earlier != 2 || total.Segments != 3 || got.Flows().Unique != 3 {
				t.Errorf("%+v, want 2 segments of an earlier load and 3 of this", total)
			}
		})
	}
}

// TestBegin: without it every packet is of the present load, however long the machine
// runs; it puts what was sent before behind it.
func TestBegin(t *testing.T) {
	for _, kind := range []SinkKind{SinkTCX, sinkClsact, SinkXDP, SinkSocket} {
		t.Run(string(kind), func(t *testing.T) {
			bed := newScene(t)
			r := newTestReceiver(t, bed.B(), SinkConfig{Kind: kind, Flows: 1, Addr: bed.B().Addr, CPU: -1})
			s := newTestSender(t, bed, false, 1, 100, 1)
			for load := range 2 {
				if err := r.Begin(); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Run(t.Context(), Load{Pps: 10_000, Packets: 20}, time.Second); err != nil {
					t.Fatal(err)
				}
				if got := readSink(t, bed, r).Total(); got.Segments != uint64(20*(load+1)) || got.Earlier != 0 {
					t.Errorf("%+v after load %d of 20 packets", got, load)
				}
			}
		})
	}
}

package kernel

import (
	"testing"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
)

// TestLatePacketsOfAnEarlierLoad: what a packet carries says to which load it belongs,
// not when it comes.
func TestLatePacketsOfAnEarlierLoad(t *testing.T) {
	for kind := range programs() {
		for name, epoch := range map[string]uint64{"usual": 1 << 40, "the stamp's time wraps": 1 << 48} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				s := loadTestSink(t, kind, sink.Config{Flows: 1}, epoch+100)
				if err := s.Epoch.Set(epoch); err != nil {
					t.Fatal(err)
				}
				for _, payload := range traffictest.EpochPayloads(epoch) {
					s.receive(traffictest.Packet{Port: traffictest.Port, Payload: payload}.Build(), 0)
				}
				traffictest.CheckEpoch(t, s.counts())
			})
		}
	}
}

// TestLatePacketsWithinSuperpacket: a forwarder may have coalesced the end of one load
// with the beginning of the next.
func TestLatePacketsWithinSuperpacket(t *testing.T) {
	const epoch = 1 << 40
	for _, kind := range []string{"tcx", "clsact"} {
		t.Run(kind, func(t *testing.T) {
			s := loadTestSink(t, kind, sink.Config{Flows: 1}, epoch+100)
			if err := s.Epoch.Set(uint64(epoch)); err != nil {
				t.Fatal(err)
			}
			payload := append(traffictest.Stamped(0, 32, epoch-5, 7, 8), traffictest.Stamped(0, 32, epoch, 9, 10, 11)...)
			s.receive(traffictest.Packet{Port: traffictest.Port, Payload: payload, Partial: true}.Build(), 32)
			got := s.counts()
			if total := got.Total(); total.Earlier != 2 || total.Segments != 3 || got.Flows().Unique != 3 {
				t.Errorf("%+v, want 2 segments of an earlier load and 3 of this", total)
			}
		})
	}
}

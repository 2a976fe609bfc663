package socket

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/forwarder/tun"
)

func TestSocketSinkLargestPacket(t *testing.T) {
	bed := traffictest.Up(t, testbed.Config{Topology: testbed.Veth, MTU: wire.MaxSize})
	r := traffictest.OpenSink(t, bed.B(), NewSink, sink.Config{Flows: 1, Verify: true, Addr: bed.B().Addr, CPU: -1})
	s := newTestSender(t, bed, false, 1, wire.MaxSize, 1)
	sent, err := s.Run(t.Context(), load.Load{Pps: 1_000}, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	traffictest.CheckDelivery(t, sent, traffictest.ReadAll(t, bed, r, sent.Offered))
}

// The socket's thread stands still while its buffer overflows: what it gets later
// and what was dropped make up what was sent.
func TestSocketSinkOverflow(t *testing.T) {
	for _, segments := range []int{1, 8} {
		t.Run(fmt.Sprintf("segs=%d", segments), func(t *testing.T) {
			bed := traffictest.Veth(t)
			r := traffictest.OpenSink(t, bed.B(), NewSink, sink.Config{Flows: 1, Addr: bed.B().Addr, CPU: -1})
			sent := floodStalled(t, bed, r, segments)
			got := traffictest.ReadAll(t, bed, r, sent.Offered)
			if unique := got.Flows().Unique; got.Overflow == 0 || unique+got.Overflow != sent.Offered {
				t.Errorf("%d received and %d dropped of %d", unique, got.Overflow, sent.Offered)
			}
		})
	}
}

// floodStalled sends more than the socket can hold while its thread stands still.
func floodStalled(t *testing.T, bed *testbed.Testbed, r *Sink, segments int) load.Sent {
	t.Helper()
	s := newTestSender(t, bed, false, 1, 200, segments)
	r.mu.Lock()
	defer r.mu.Unlock()
	sent, err := s.Run(t.Context(), load.Load{Pps: 200_000}, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// Damage that no checksum shows must show in the payload, and garbage too.
func TestSocketSinkCorrupt(t *testing.T) {
	bed := traffictest.Devices(t, tun.TUN, 0)
	q := traffictest.Attach(t, bed.B(), tun.TUN)
	r := traffictest.OpenSink(t, bed.B(), NewSink, sink.Config{Flows: 1, Verify: true, Addr: bed.B().Addr, CPU: -1})
	dst := bed.B().Addr.As4()
	for i, damage := range []func([]byte){
		func([]byte) {},                  // none
		func(b []byte) { b[0]++ },        // the stamp
		func(b []byte) { b[len(b)-1]++ }, // the pattern
		func(b []byte) { clear(b) },      // all of it
	} {
		payload := traffictest.Stamped(0, 100, 0, uint64(i))
		damage(payload)
		traffictest.Write(t, q, traffictest.Packet{Dst: dst, Port: traffictest.Port, Payload: payload}, 0)
	}
	traffictest.Write(t, q, traffictest.Packet{Dst: dst, Port: traffictest.Port, Payload: []byte("hello")}, 0)
	total := traffictest.ReadAll(t, bed, r, 5).Total()
	if total.Segments != 1 || total.Corrupt != 3 || total.Foreign != 1 {
		t.Errorf("got %+v, want 1 segment, 3 corrupt, 1 foreign", total)
	}
}

// What a packet carries says to which load it belongs, not when it comes.
func TestSinkLatePacketsOfAnEarlierLoad(t *testing.T) {
	const epoch = 1 << 40
	s := &Sink{cfg: sink.Config{Flows: 1, Addr: netip.IPv4Unspecified()}, flows: make([]sink.Window, 1), latency: histogram.New(), epoch: epoch}
	for _, payload := range traffictest.EpochPayloads(epoch) {
		s.takeSegment(payload, epoch+100)
	}
	c := sink.Counts{PerCPU: []sink.CPUCounts{s.counts}, PerFlow: []sink.FlowCounts{s.flows[0].Counts}, Latency: s.latency}
	traffictest.CheckEpoch(t, c)
}

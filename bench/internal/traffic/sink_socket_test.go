package traffic

import (
	"fmt"
	"testing"
	"time"

	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
)

func TestSocketSinkLargestPacket(t *testing.T) {
	bed := upScene(t, testbed.Config{Topology: testbed.Veth, MTU: MaxSize})
	r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkSocket, Flows: 1, Verify: true, Addr: bed.B().Addr, CPU: -1})
	s := newTestSender(t, bed, false, 1, MaxSize, 1)
	sent, err := s.Run(t.Context(), Load{Pps: 1_000}, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	checkDelivery(t, sent, readAll(t, bed, r, sent.Offered))
}

// The socket's thread stands still while its buffer overflows: what it gets later
// and what was dropped make up what was sent.
func TestSocketSinkOverflow(t *testing.T) {
	for _, segments := range []int{1, 8} {
		t.Run(fmt.Sprintf("segs=%d", segments), func(t *testing.T) {
			bed := newScene(t)
			r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkSocket, Flows: 1, Addr: bed.B().Addr, CPU: -1})
			sent := floodStalled(t, bed, r, segments)
			got := readAll(t, bed, r, sent.Offered)
			if unique := got.Flows().Unique; got.Overflow == 0 || unique+got.Overflow != sent.Offered {
				t.Errorf("%d received and %d dropped of %d", unique, got.Overflow, sent.Offered)
			}
		})
	}
}

// floodStalled sends more than the socket can hold while its thread stands still.
func floodStalled(t *testing.T, bed *testbed.Testbed, r Receiver, segments int) Sent {
	t.Helper()
	s := newTestSender(t, bed, false, 1, 200, segments)
	mu := &r.(*socketSink).mu
	mu.Lock()
	defer mu.Unlock()
	sent, err := s.Run(t.Context(), Load{Pps: 200_000}, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// Damage that no checksum shows must show in the payload, and garbage too.
func TestSocketSinkCorrupt(t *testing.T) {
	bed := newDevices(t, tun.TUN, 0)
	q := attach(t, bed.B(), tun.TUN)
	r := newTestReceiver(t, bed.B(), SinkConfig{Kind: SinkSocket, Flows: 1, Verify: true, Addr: bed.B().Addr, CPU: -1})
	dst := bed.B().Addr.As4()
	for i, damage := range []func([]byte){
		func([]byte) {},                  // none
		func(b []byte) { b[0]++ },        // the stamp
		func(b []byte) { b[len(b)-1]++ }, // the pattern
		func(b []byte) { clear(b) },      // all of it
	} {
		payload := stamped(0, 100, 0, uint64(i))
		damage(payload)
		write(t, q, packetSpec{dst: dst, port: testPort, payload: payload}, 0)
	}
	write(t, q, packetSpec{dst: dst, port: testPort, payload: []byte("hello")}, 0)
	total := readAll(t, bed, r, 5).Total()
	if total.Segments != 1 || total.Corrupt != 3 || total.Foreign != 1 {
		t.Errorf("got %+v, want 1 segment, 3 corrupt, 1 foreign", total)
	}
}

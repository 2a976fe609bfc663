package traffic

import (
	"testing"

	"tunbench/forwarder/tun"
)

// A superpacket comes with most of it outside the linear part of the skb.
func TestTCXSinkOnTUNSuperpackets(t *testing.T) {
	const size, segments = 1372, 32
	bed := newDevices(t, tun.TUN, 0)
	q := attach(t, bed.B(), tun.TUN)
	r := newTestReceiver(t, bed.B(), SinkConfig{Flows: 1, Verify: true})
	seqs := make([]uint64, segments)
	for i := range seqs {
		seqs[i] = uint64(i)
	}
	p := packetSpec{port: testPort, payload: stamped(0, size, 0, seqs...), partial: true}
	write(t, q, p, size)
	total := readSink(t, bed, r).Total()
	if total.Segments != segments || total.Superpackets != 1 || total.Corrupt+total.Foreign != 0 {
		t.Errorf("got %+v, want %d segments of one superpacket", total, segments)
	}
}

package forwarder

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// hostile is a frame whose vnet header and packet contradict each other, such as only a
// broken program at the other end of a queue would write: no device lets them in.
type hostile struct {
	name     string
	protocol uint8
	spoil    func(f *offloadtest.Flow, hdr *offload.VnetHdr, packet []byte) []byte
}

var hostiles = []hostile{
	{"gso_size 0", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.GSOSize = 0; return p }},
	{"gso_size 0", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.GSOSize = 0; return p }},
	{"csum_start past the end", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
		h.CsumStart = uint16(len(p)) + 1
		return p
	}},
	{"csum_start 65535", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.CsumStart = 65535; return p }},
	{"csum_start at the last byte", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
		h.CsumStart = uint16(len(p)) - 1
		return p
	}},
	{"csum_start in the IP header", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.CsumStart = 8; return p }},
	{"csum_start 0", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.CsumStart = 0; return p }},
	{"csum_offset past the end", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.CsumOffset = 65535; return p }},
	{"no NEEDS_CSUM", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.Flags = 0; return p }},
	{"no such gso_type", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte { h.GSOType = 0x77; return p }},
	{"gso_type TCP of UDP", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
		h.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV4
		return p
	}},
	{"gso_type UDP of TCP", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
		h.GSOType = unix.VIRTIO_NET_HDR_GSO_UDP_L4
		return p
	}},
	{"gso_type of the other IP version", unix.IPPROTO_TCP, func(f *offloadtest.Flow, h *offload.VnetHdr, p []byte) []byte {
		h.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV6
		if f.Version == 6 {
			h.GSOType = unix.VIRTIO_NET_HDR_GSO_TCPV4
		}
		return p
	}},
	{"cut in the payload", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { return p[:len(p)-500] }},
	{"cut in the L4 header", unix.IPPROTO_TCP, func(f *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { return p[:f.L4()+13] }},
	{"cut in the IP header", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { return p[:9] }},
	{"one byte", unix.IPPROTO_UDP, func(_ *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { return p[:1] }},
	{"more than IP says", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { return append(p, make([]byte, 40)...) }},
	{"data offset 0", unix.IPPROTO_TCP, func(f *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { p[f.L4()+12] = 0; return p }},
	{"IP version 9", unix.IPPROTO_TCP, func(_ *offloadtest.Flow, _ *offload.VnetHdr, p []byte) []byte { p[0] = 0x95; return p }},
	{"a lie of the packet itself", unix.IPPROTO_TCP, func(f *offloadtest.Flow, _ *offload.VnetHdr, _ []byte) []byte { return offloadtest.Lie(f) }},
	{"a lie of the packet itself", unix.IPPROTO_UDP, func(f *offloadtest.Flow, _ *offload.VnetHdr, _ []byte) []byte { return offloadtest.Lie(f) }},
}

// TestHostileFrames sends each of them between two good ones. The good ones must arrive;
// a hostile one as it is but for hdr_len, or it must be counted as dropped.
func TestHostileFrames(t *testing.T) {
	for _, engine := range Engines() {
		for _, gso := range GSOs() {
			t.Run(fmt.Sprintf("engine=%s,gso=%s", engine, gso), func(t *testing.T) {
				testHostileFrames(t, Config{Engine: engine, GSO: gso})
			})
		}
	}
}

func testHostileFrames(t *testing.T, cfg Config) {
	a, b, f, stop := start(t, 1, offload.VnetHdrLen, cfg)
	random := rand.New(rand.NewPCG(3, 0))
	const repeats = 20
	missing, good := 0, 0
	for i := range repeats * len(hostiles) {
		h := hostiles[i%len(hostiles)]
		bad := h.frame(random, i%200)
		good++
		marker := vnetPacket(t, offload.VnetHdr{}, 100, i)
		a[0].send(t, bad)
		a[0].send(t, marker)
		got := b[0].receive(t)
		if bytes.Equal(got, marker) {
			missing++
			continue
		}
		if !sameButHdrLen(got, bad) {
			t.Fatalf("%s, protocol %d: % x (%d bytes) became % x (%d bytes)",
				h.name, h.protocol, bad[:min(len(bad), 80)], len(bad), got[:min(len(got), 80)], len(got))
		}
		if got := b[0].receive(t); !bytes.Equal(got, marker) {
			t.Fatalf("%s, protocol %d: the packet behind it became % x (%d bytes)", h.name, h.protocol, got[:min(len(got), 80)], len(got))
		}
	}
	stop()
	d := f.Stats().Total().AToB
	if d.ReadPackets != uint64(2*good) || unwritten(d) < uint64(missing) || missing == 0 && unwritten(d) > 0 {
		t.Errorf("%d hostile frames of %d did not arrive; counters %+v", missing, good, d)
	}
	t.Logf("%d hostile frames, not forwarded: %d, counted as %v", good, missing, d.Drops)
}

// frame makes a superpacket of a new flow and spoils it.
func (h hostile) frame(random *rand.Rand, number int) []byte {
	f := offloadtest.RandomFlow(number, random, offloadtest.NoLink, h.protocol)
	var packets [][]byte
	for range 3 {
		packets = append(packets, f.Next(f.Payload(1000), offloadtest.ACK))
	}
	super := f.Superpacket(packets, 1000)
	var hdr offload.VnetHdr
	_ = hdr.Decode(super) // as long as superpacket made it
	packet := h.spoil(f, &hdr, super[offload.VnetHdrLen:])
	bad := slices.Concat(super[:offload.VnetHdrLen], packet)
	_ = hdr.Encode(bad)
	return bad
}

func sameButHdrLen(got, sent []byte) bool {
	const from, to = 2, 4
	return len(got) == len(sent) && bytes.Equal(got[:from], sent[:from]) && bytes.Equal(got[to:], sent[to:])
}

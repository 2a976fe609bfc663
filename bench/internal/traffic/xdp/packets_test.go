package xdp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/forwarder/tun"
)

// captured is one packet as the device handed it over, taken apart by the rules of
// its RFCs and nothing of the generator's.
type captured struct {
	size       int
	source     uint16
	stamp      wire.Stamp
	fromRouter bool
}

// parsePacket fails the test for anything in an IP packet that a careful receiver
// would object to.
func parsePacket(t *testing.T, p *load.Profile, ip []byte) captured {
	t.Helper()
	c := captured{size: len(ip)}
	var udp []byte
	var id uint16
	if p.Dst.Is4() {
		id = binary.BigEndian.Uint16(ip[4:])
		if ip[0] != 0x45 || int(binary.BigEndian.Uint16(ip[2:])) != len(ip) || traffictest.PlainSum(ip[:wire.IPv4Len]) != 0xffff {
			t.Fatalf("IPv4 header % x of a packet of %d bytes", ip[:wire.IPv4Len], len(ip))
		}
		if flags := binary.BigEndian.Uint16(ip[6:]); flags != 0x4000 {
			t.Fatalf("flags and fragment offset %#x, want DF alone", flags)
		}
		checkRoute(t, p, ip[12:16], ip[16:20], ip[9])
		c.fromRouter = ip[8] == ttl-1
		udp = ip[wire.IPv4Len:]
	} else {
		if ip[0] != 0x60 || ip[1] != 0 || int(binary.BigEndian.Uint16(ip[4:])) != len(ip)-wire.IPv6Len {
			t.Fatalf("IPv6 header % x of a packet of %d bytes", ip[:wire.IPv6Len], len(ip))
		}
		checkRoute(t, p, ip[8:24], ip[24:40], ip[6])
		c.fromRouter = ip[7] == ttl-1
		udp = ip[wire.IPv6Len:]
	}
	c.source = binary.BigEndian.Uint16(udp)
	if to := binary.BigEndian.Uint16(udp[2:]); to != p.Port || int(binary.BigEndian.Uint16(udp[4:])) != len(udp) {
		t.Fatalf("UDP header % x of %d bytes", udp[:wire.UDPLen], len(udp))
	}
	pseudo := append(append(p.Src.AsSlice(), p.Dst.AsSlice()...), 0, unix.IPPROTO_UDP)
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(udp)))
	if udp[6] == 0 && udp[7] == 0 || traffictest.PlainSum(append(pseudo, udp...)) != 0xffff {
		t.Fatalf("UDP checksum of % x is wrong", udp)
	}
	payload := udp[wire.UDPLen:]
	stamp, err := wire.ParseStamp(payload)
	if err != nil {
		t.Fatalf("stamp of % x: %v", payload, err)
	}
	pattern := make([]byte, len(payload)-wire.StampLen)
	if wire.FillPattern(pattern); !bytes.Equal(payload[wire.StampLen:], pattern) {
		t.Fatalf("pattern of a packet of %d bytes:\n% x, want\n% x", len(ip), payload[wire.StampLen:], pattern)
	}
	if p.Dst.Is4() && id != uint16(stamp.Seq) {
		t.Fatalf("identification %d of packet %d of its flow", id, stamp.Seq)
	}
	c.stamp = stamp
	return c
}

func checkRoute(t *testing.T, p *load.Profile, src, dst []byte, protocol byte) {
	t.Helper()
	if !bytes.Equal(src, p.Src.AsSlice()) || !bytes.Equal(dst, p.Dst.AsSlice()) || protocol != unix.IPPROTO_UDP {
		t.Fatalf("from % x to % x, protocol %d", src, dst, protocol)
	}
}

// readPacket returns the next packet of a queue, without Ethernet header.
func readPacket(t *testing.T, q *tun.Queue, cfg *Config) []byte {
	t.Helper()
	buf := make([]byte, 1<<14)
	n, err := unix.Read(q.FD(), buf)
	if err != nil {
		t.Fatalf("read queue: %v", err)
	}
	if cfg.Redirect == nil || len(cfg.Redirect.Dst) == 0 { // a TUN device
		return buf[:n]
	}
	if r := cfg.Redirect; !bytes.Equal(buf[:6], r.Dst) || !bytes.Equal(buf[6:12], r.Src) {
		t.Fatalf("Ethernet header % x", buf[:wire.EthernetLen])
	}
	return buf[wire.EthernetLen:n]
}

// Every byte of every packet, on a real device: this is what a DUT gets. All sizes go all
// ways in one of the orders, and in all orders the first way.
func TestXDPPackets(t *testing.T) {
	sizes := map[string][]load.SizeShare{
		"64":   load.OneSize(64),
		"75":   load.OneSize(75),
		"1500": load.OneSize(1500),
		"3300": load.OneSize(3300),
		"imix": traffictest.IMIX(),
		// Cut groups of the pattern at each length, one of them twice.
		"odd": {{Size: 67, Weight: 1}, {Size: 69, Weight: 2}, {Size: 101, Weight: 1}, {Size: 102, Weight: 1}, {Size: 103, Weight: 3}, {Size: 104, Weight: 1}, {Size: 1001, Weight: 1}, {Size: 66, Weight: 1}},
	}
	orders := []load.Order{load.OrderInterleaved, load.OrderInOrder, load.OrderZipf}
	for i, in := range []struct {
		name string
		kind tun.Kind
		way  wayIn
	}{
		{"tun routed", tun.TUN, routed},
		{"tun handed", tun.TUN, handed},
		{"tap redirected", tun.TAP, redirected},
		{"tap handed", tun.TAP, handed},
		{"tun handed by clsact", tun.TUN, handedByClsact},
		{"tap handed by clsact", tun.TAP, handedByClsact},
	} {
		kind := in.kind
		bed := upRouting(t, testbed.Config{Topology: testbed.Devices, Kind: kind, MTU: 9000, TxQueueLen: 4096})
		q := attachBare(t, bed.A(), kind)
		for _, ipv6 := range []bool{false, true} {
			for j, name := range slices.Sorted(maps.Keys(sizes)) {
				shares, some := sizes[name], orders
				if i > 0 {
					some = orders[(i+j)%len(orders):][:1]
				}
				for _, order := range some {
					t.Run(fmt.Sprintf("%s/ipv6=%v/size=%s/%s", in.name, ipv6, name, order), func(t *testing.T) {
						cfg := in.way(bed, ipv6, 5, shares)
						cfg.Order = order
						checkRun(t, q, &cfg)
					})
				}
			}
		}
		if err := bed.Down(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkRun sends more packets than there are pages in circulation and compares
// each with the plan.
func checkRun(t *testing.T, q *tun.Queue, cfg *Config) {
	t.Helper()
	const packets, pps = 1500, 100_000
	x := newTestXDP(t, *cfg)
	sent, err := x.Run(t.Context(), load.Load{Pps: pps, Packets: packets}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if sent.Offered != packets || sent.Intended != packets || sent.NotOffered != 0 || sent.Duration != packets*time.Second/pps {
		t.Fatalf("offered %d of %d in %v", sent.Offered, sent.Intended, sent.Duration)
	}
	seqs := make([]uint64, cfg.Flows)
	bytesRead := uint64(0)
	walk := load.NewWalk(load.NewPlan(&cfg.Profile))
	sched := load.NewSchedule(pps)
	for k := range int64(packets) {
		flow, share := walk.Next()
		got := parsePacket(t, &cfg.Profile, readPacket(t, q, cfg))
		want := captured{
			size:       cfg.Sizes[share].Size,
			source:     cfg.Port + 1 + flow,
			stamp:      wire.Stamp{Flow: flow, Seq: seqs[flow], Intended: uint64(sent.Start+sched.At(k)) & wire.StampMask},
			fromRouter: cfg.Redirect == nil,
		}
		if got != want {
			t.Fatalf("packet %d: %+v, want %+v", k, got, want)
		}
		seqs[flow]++
		bytesRead += uint64(got.size)
	}
	for flow, seq := range seqs {
		if sent.NextSeq[flow] != seq {
			t.Errorf("flow %d: next sequence number %d, want %d", flow, sent.NextSeq[flow], seq)
		}
	}
	if n := sent.Lateness.TotalCount(); n != packets || sent.OfferedBytes != bytesRead {
		t.Errorf("%d values of lateness, %d bytes; want %d and %d", n, sent.OfferedBytes, packets, bytesRead)
	}
}

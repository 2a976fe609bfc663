package kernel

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// verdicts are what a program answers: it passes a packet on or drops it.
type verdicts struct{ pass, drop uint32 }

// programs are the sinks that are programs, by kind.
func programs() map[string]program {
	return map[string]program{
		"tcx":    {tcxHook{}, verdicts{pass: 0xffffffff /* TCX_NEXT */, drop: 2 /* TCX_DROP */}},
		"clsact": {clsactHook{}, verdicts{pass: 0xffffffff /* TC_ACT_UNSPEC */, drop: 2 /* TC_ACT_SHOT */}},
		"xdp":    {xdpHook{}, verdicts{pass: 2 /* XDP_PASS */, drop: 1 /* XDP_DROP */}},
	}
}

type program struct {
	hook hook
	verdicts
}

// skb is the head of struct __sk_buff of linux/bpf.h up to the fields that
// BPF_PROG_TEST_RUN accepts.
type skb struct {
	_       [176]byte
	GsoSize uint32
	_       [12]byte
}

// loadedSink is a sink program that is attached nowhere and run by hand.
type loadedSink struct {
	objects
	verdicts
	tb   testing.TB
	kind string
}

// loadTestSink loads the program of a kind with its clock stopped at now; 0 lets it run.
func loadTestSink(tb testing.TB, kind string, cfg sink.Config, now uint64) *loadedSink {
	tb.Helper()
	return loadSinkWith(tb, kind, cfg, map[string]any{sinkTCXVarFixedNow: now})
}

// loadSinkWith loads the program of a kind with variables set.
func loadSinkWith(tb testing.TB, kind string, cfg sink.Config, variables map[string]any) *loadedSink {
	tb.Helper()
	traffictest.RequireRoot(tb)
	p := programs()[kind]
	cfg.Port = traffictest.Port
	spec, err := sinkSpec(cfg, p.hook)
	if err != nil {
		tb.Fatal(err)
	}
	for name, value := range variables {
		if err := spec.Variables[name].Set(value); err != nil {
			tb.Fatal(err)
		}
	}
	s := &loadedSink{tb: tb, verdicts: p.verdicts, kind: kind}
	if err := bpf.Load(spec, &s.objects); err != nil {
		tb.Fatalf("%+v", err)
	}
	tb.Cleanup(func() { s.objects.Close() })
	return s
}

// receive runs the program over one packet and returns its verdict. XDP takes no
// gsoSize.
func (s *loadedSink) receive(packet []byte, gsoSize int) uint32 {
	s.tb.Helper()
	ret, err := s.Sink.Run(s.options(packet, gsoSize))
	if err != nil {
		s.tb.Fatalf("%d bytes, gso_size %d: %v", len(packet), gsoSize, err)
	}
	return ret
}

func (s *loadedSink) options(packet []byte, gsoSize int) *ebpf.RunOptions {
	o := &ebpf.RunOptions{Data: packet}
	if s.kind != "xdp" {
		o.Context = skb{GsoSize: uint32(gsoSize)}
	}
	return o
}

// receiveSegments feeds segments of size bytes of payload: as one superpacket, or
// one by one to a program that sees none.
func (s *loadedSink) receiveSegments(payload []byte, size int) {
	s.tb.Helper()
	if s.kind != "xdp" {
		s.receive(traffictest.Packet{Port: traffictest.Port, Payload: payload}.Build(), size)
		return
	}
	for segment := range slices.Chunk(payload, size) {
		s.receive(traffictest.Packet{Port: traffictest.Port, Payload: segment}.Build(), 0)
	}
}

func (s *loadedSink) counts() sink.Counts {
	s.tb.Helper()
	c, err := readCounts(&s.sinkTCXMaps)
	if err != nil {
		s.tb.Fatal(err)
	}
	return c
}

// sinkCase is one packet and what is to become of it.
type sinkCase struct {
	packet []byte
	gso    int // not for XDP, which sees no superpackets
	pass   bool
	want   sink.CPUCounts
}

func sinkCases() map[string]sinkCase {
	one := traffictest.Stamped(1, 32, 0, 7)
	// A superpacket's checksum is never complete: each segment has one of its own.
	super := func(payload []byte) []byte {
		return traffictest.Packet{Port: traffictest.Port, Payload: payload, Partial: true}.Build()
	}
	three := traffictest.Stamped(1, 32, 0, 1, 2, 3)
	mixed := append(traffictest.Stamped(1, 32, 0, 8), traffictest.Stamped(0, 32, 0, 9)...)
	ours := traffictest.Packet{Port: traffictest.Port, Payload: one}
	v4 := func(f func([]byte)) []byte { return edit(ours.Build(), f) }
	with := func(payload []byte) []byte {
		return traffictest.Packet{Port: traffictest.Port, Payload: payload}.Build()
	}
	return map[string]sinkCase{
		"IPv4":         {packet: ours.Build(), want: sink.CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},
		"IPv4 options": {packet: traffictest.Packet{Port: traffictest.Port, Payload: one, Options: 8}.Build(), want: sink.CPUCounts{Skbs: 1, Segments: 1, Bytes: 68}},
		"IPv6":         {packet: traffictest.Packet{Port: traffictest.Port, Payload: one, IPv6: true}.Build(), want: sink.CPUCounts{Skbs: 1, Segments: 1, Bytes: 80}},
		"trailer":      {packet: append(ours.Build(), 1, 2, 3), want: sink.CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},
		"partial":      {packet: traffictest.Packet{Port: traffictest.Port, Payload: one, Partial: true}.Build(), want: sink.CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},

		"superpacket":            {packet: super(three), gso: 32, want: sink.CPUCounts{Skbs: 1, Superpackets: 1, Segments: 3, Bytes: 180}},
		"short last segment":     {packet: super(append(traffictest.Stamped(1, 32, 0, 1, 2), traffictest.Stamped(1, 20, 0, 3)...)), gso: 32, want: sink.CPUCounts{Skbs: 1, Superpackets: 1, Segments: 3, Bytes: 168}},
		"last segment too short": {packet: super(three[:32+32+8]), gso: 32, want: sink.CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Corrupt: 1}},
		"mixed flows":            {packet: super(mixed), gso: 32, want: sink.CPUCounts{Skbs: 1, Superpackets: 1, Segments: 1, Bytes: 60, Foreign: 1}},
		"segments too short":     {packet: super(three), gso: 8, want: sink.CPUCounts{Foreign: 12}},
		"first stamp":            {packet: edit(super(three), func(b []byte) { b[28]++ }), gso: 32, want: sink.CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Corrupt: 1}},
		"middle stamp":           {packet: edit(super(three), func(b []byte) { b[28+32]++ }), gso: 32, want: sink.CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Corrupt: 1}},
		"superpacket cut short":  {packet: super(three)[:28+70], gso: 32, want: sink.CPUCounts{Corrupt: 3}},

		"other port":    {packet: traffictest.Packet{Port: traffictest.Port + 1, Payload: one}.Build(), pass: true},
		"TCP":           {packet: v4(func(b []byte) { b[9] = unix.IPPROTO_TCP }), pass: true},
		"first part":    {packet: v4(func(b []byte) { b[6] |= 0x20 }), pass: true},
		"later part":    {packet: v4(func(b []byte) { b[7] = 8 }), pass: true},
		"version 5":     {packet: v4(func(b []byte) { b[0] = 0x55 }), pass: true},
		"header length": {packet: v4(func(b []byte) { b[0] = 0x44 }), pass: true},

		"stamp":         {packet: v4(func(b []byte) { b[28+8]++ }), want: sink.CPUCounts{Corrupt: 1}},
		"cut short":     {packet: ours.Build()[:28+30], want: sink.CPUCounts{Corrupt: 1}},
		"UDP too long":  {packet: v4(func(b []byte) { b[25]++ }), want: sink.CPUCounts{Corrupt: 1}},
		"UDP too short": {packet: v4(func(b []byte) { b[25]-- }), want: sink.CPUCounts{Corrupt: 1}},
		"IP too short":  {packet: v4(func(b []byte) { b[3] = 24 }), want: sink.CPUCounts{Corrupt: 1}},

		"unknown flow": {packet: with(traffictest.Stamped(2, 32, 0, 7)), want: sink.CPUCounts{Foreign: 1}},
		"no payload":   {packet: with(nil), want: sink.CPUCounts{Foreign: 1}},
		"no stamp":     {packet: with(make([]byte, wire.StampLen-1)), want: sink.CPUCounts{Foreign: 1}},
	}
}

func TestSinkVerdicts(t *testing.T) {
	for kind := range programs() {
		for _, verify := range []bool{false, true} {
			for name, c := range sinkCases() {
				if c.gso != 0 && kind == "xdp" {
					continue
				}
				t.Run(fmt.Sprintf("%s/verify=%v/%s", kind, verify, name), func(t *testing.T) {
					t.Parallel() // most of it is the kernel's verifier
					c.check(t, loadTestSink(t, kind, sink.Config{Flows: 2, Verify: verify}, 1))
				})
			}
		}
	}
}

func (c *sinkCase) check(t *testing.T, s *loadedSink) {
	want := s.drop
	if c.pass {
		want = s.pass
	}
	if got := s.receive(c.packet, c.gso); got != want {
		t.Errorf("verdict %#x, want %#x", got, want)
	}
	got := s.counts()
	if total := got.Total(); total != c.want {
		t.Errorf("got  %+v\nwant %+v", total, c.want)
	}
	// The stopped clock is one after the intended time.
	if n := uint64(got.Latency.TotalCount()); n != c.want.Segments {
		t.Errorf("%d latencies of %d segments", n, c.want.Segments)
	}
	if n := got.Flows().Unique; n != c.want.Segments {
		t.Errorf("%d unique of %d segments", n, c.want.Segments)
	}
}

func TestSinkEthernet(t *testing.T) {
	for kind := range programs() {
		for _, ipv6 := range []bool{false, true} {
			s := loadTestSink(t, kind, sink.Config{Flows: 1, Ethernet: true, Verify: true}, 0)
			p := traffictest.Packet{Ethernet: true, IPv6: ipv6, Port: traffictest.Port, Payload: traffictest.Stamped(0, 20, 0, 0)}
			if got := s.receive(p.Build(), 0); got != s.drop {
				t.Errorf("%s ipv6=%v: verdict %#x, want %#x", kind, ipv6, got, s.drop)
			}
			if got := s.counts().Flows(); got.Unique != 1 {
				t.Errorf("%s ipv6=%v: %+v, want 1 unique", kind, ipv6, got)
			}
		}
	}
}

// edit returns b changed by f.
func edit(b []byte, f func([]byte)) []byte {
	f(b)
	return b
}

func TestReadManyFlows(t *testing.T) {
	const flows = wire.MaxFlows
	s := loadTestSink(t, "tcx", sink.Config{Flows: flows}, 1)
	for _, flow := range []uint16{0, flowsPerRead - 1, flowsPerRead, flows - 1} {
		s.receiveSegments(traffictest.Stamped(flow, wire.StampLen, 0, uint64(flow)), wire.StampLen)
	}
	start := time.Now()
	counts := s.counts().PerFlow
	t.Logf("read %d flows in %v", flows, time.Since(start))
	if len(counts) != flows {
		t.Fatalf("%d flows, want %d", len(counts), flows)
	}
	for _, flow := range []uint64{0, flowsPerRead - 1, flowsPerRead, flows - 1} {
		if want := (sink.FlowCounts{Unique: 1, NextSeq: flow + 1}); counts[flow] != want {
			t.Errorf("flow %d: %+v, want %+v", flow, counts[flow], want)
		}
	}
}

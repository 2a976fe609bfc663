package traffic

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

const testPort = 5201

// verdicts are what a program answers: it passes a packet on or drops it.
type verdicts struct{ pass, drop uint32 }

// programs are the sinks that are programs, by kind.
func programs() map[SinkKind]program {
	return map[SinkKind]program{
		SinkTCX:    {tcxHook{}, verdicts{pass: 0xffffffff /* TCX_NEXT */, drop: 2 /* TCX_DROP */}},
		sinkClsact: {clsactHook{}, verdicts{pass: 0xffffffff /* TC_ACT_UNSPEC */, drop: 2 /* TC_ACT_SHOT */}},
		SinkXDP:    {xdpHook{}, verdicts{pass: 2 /* XDP_PASS */, drop: 1 /* XDP_DROP */}},
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

// requireRoot skips a test that needs privileges, when there are none.
func requireRoot(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("needs root to load eBPF and make namespaces")
	}
}

// loadedSink is a sink program that is attached nowhere and run by hand.
type loadedSink struct {
	sinkObjects
	verdicts
	tb   testing.TB
	kind SinkKind
}

// loadTestSink loads the program of cfg.Kind with its clock stopped at now; 0 lets
// it run.
func loadTestSink(tb testing.TB, cfg SinkConfig, now uint64) *loadedSink {
	tb.Helper()
	return loadSinkWith(tb, cfg, map[string]any{sinkTCXVarFixedNow: now})
}

// loadSinkWith loads the program of cfg.Kind with variables set.
func loadSinkWith(tb testing.TB, cfg SinkConfig, variables map[string]any) *loadedSink {
	tb.Helper()
	requireRoot(tb)
	if cfg.Kind == "" {
		cfg.Kind = SinkTCX
	}
	p := programs()[cfg.Kind]
	cfg.Port = testPort
	spec, err := sinkSpec(cfg, p.hook)
	if err != nil {
		tb.Fatal(err)
	}
	for name, value := range variables {
		if err := spec.Variables[name].Set(value); err != nil {
			tb.Fatal(err)
		}
	}
	s := &loadedSink{tb: tb, verdicts: p.verdicts, kind: cfg.Kind}
	if err := loadObjects(spec, &s.sinkObjects); err != nil {
		tb.Fatalf("%+v", err)
	}
	tb.Cleanup(func() { s.sinkObjects.Close() })
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
	if s.kind != SinkXDP {
		o.Context = skb{GsoSize: uint32(gsoSize)}
	}
	return o
}

// receiveSegments feeds segments of size bytes of payload: as one superpacket, or
// one by one to a program that sees none.
func (s *loadedSink) receiveSegments(payload []byte, size int) {
	s.tb.Helper()
	if s.kind != SinkXDP {
		s.receive(packetSpec{port: testPort, payload: payload}.build(), size)
		return
	}
	for segment := range slices.Chunk(payload, size) {
		s.receive(packetSpec{port: testPort, payload: segment}.build(), 0)
	}
}

func (s *loadedSink) counts() SinkCounts {
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
	want   CPUCounts
}

func sinkCases() map[string]sinkCase {
	one := stamped(1, 32, 0, 7)
	// A superpacket's checksum is never complete: each segment has one of its own.
	super := func(payload []byte) []byte {
		return packetSpec{port: testPort, payload: payload, partial: true}.build()
	}
	three := stamped(1, 32, 0, 1, 2, 3)
	mixed := append(stamped(1, 32, 0, 8), stamped(0, 32, 0, 9)...)
	ours := packetSpec{port: testPort, payload: one}
	v4 := func(f func([]byte)) []byte { return edit(ours.build(), f) }
	with := func(payload []byte) []byte { return packetSpec{port: testPort, payload: payload}.build() }
	return map[string]sinkCase{
		"IPv4":         {packet: ours.build(), want: CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},
		"IPv4 options": {packet: packetSpec{port: testPort, payload: one, options: 8}.build(), want: CPUCounts{Skbs: 1, Segments: 1, Bytes: 68}},
		"IPv6":         {packet: packetSpec{port: testPort, payload: one, ipv6: true}.build(), want: CPUCounts{Skbs: 1, Segments: 1, Bytes: 80}},
		"trailer":      {packet: append(ours.build(), 1, 2, 3), want: CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},
		"partial":      {packet: packetSpec{port: testPort, payload: one, partial: true}.build(), want: CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},

		"superpacket":            {packet: super(three), gso: 32, want: CPUCounts{Skbs: 1, Superpackets: 1, Segments: 3, Bytes: 180}},
		"short last segment":     {packet: super(append(stamped(1, 32, 0, 1, 2), stamped(1, 20, 0, 3)...)), gso: 32, want: CPUCounts{Skbs: 1, Superpackets: 1, Segments: 3, Bytes: 168}},
		"last segment too short": {packet: super(three[:32+32+8]), gso: 32, want: CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Corrupt: 1}},
		"mixed flows":            {packet: super(mixed), gso: 32, want: CPUCounts{Skbs: 1, Superpackets: 1, Segments: 1, Bytes: 60, Foreign: 1}},
		"segments too short":     {packet: super(three), gso: 8, want: CPUCounts{Foreign: 12}},
		"first stamp":            {packet: edit(super(three), func(b []byte) { b[28]++ }), gso: 32, want: CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Corrupt: 1}},
		"middle stamp":           {packet: edit(super(three), func(b []byte) { b[28+32]++ }), gso: 32, want: CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Corrupt: 1}},
		"superpacket cut short":  {packet: super(three)[:28+70], gso: 32, want: CPUCounts{Corrupt: 3}},

		"other port":    {packet: packetSpec{port: testPort + 1, payload: one}.build(), pass: true},
		"TCP":           {packet: v4(func(b []byte) { b[9] = unix.IPPROTO_TCP }), pass: true},
		"first part":    {packet: v4(func(b []byte) { b[6] |= 0x20 }), pass: true},
		"later part":    {packet: v4(func(b []byte) { b[7] = 8 }), pass: true},
		"version 5":     {packet: v4(func(b []byte) { b[0] = 0x55 }), pass: true},
		"header length": {packet: v4(func(b []byte) { b[0] = 0x44 }), pass: true},

		"stamp":         {packet: v4(func(b []byte) { b[28+8]++ }), want: CPUCounts{Corrupt: 1}},
		"cut short":     {packet: ours.build()[:28+30], want: CPUCounts{Corrupt: 1}},
		"UDP too long":  {packet: v4(func(b []byte) { b[25]++ }), want: CPUCounts{Corrupt: 1}},
		"UDP too short": {packet: v4(func(b []byte) { b[25]-- }), want: CPUCounts{Corrupt: 1}},
		"IP too short":  {packet: v4(func(b []byte) { b[3] = 24 }), want: CPUCounts{Corrupt: 1}},

		"unknown flow": {packet: with(stamped(2, 32, 0, 7)), want: CPUCounts{Foreign: 1}},
		"no payload":   {packet: with(nil), want: CPUCounts{Foreign: 1}},
		"no stamp":     {packet: with(make([]byte, StampLen-1)), want: CPUCounts{Foreign: 1}},
	}
}

func TestSinkVerdicts(t *testing.T) {
	for kind := range programs() {
		for _, verify := range []bool{false, true} {
			for name, c := range sinkCases() {
				if c.gso != 0 && kind == SinkXDP {
					continue
				}
				t.Run(fmt.Sprintf("%s/verify=%v/%s", kind, verify, name), func(t *testing.T) {
					t.Parallel() // most of it is the kernel's verifier
					c.check(t, loadTestSink(t, SinkConfig{Kind: kind, Flows: 2, Verify: verify}, 1))
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
			s := loadTestSink(t, SinkConfig{Kind: kind, Flows: 1, Ethernet: true, Verify: true}, 0)
			p := packetSpec{ethernet: true, ipv6: ipv6, port: testPort, payload: stamped(0, 20, 0, 0)}
			if got := s.receive(p.build(), 0); got != s.drop {
				t.Errorf("%s ipv6=%v: verdict %#x, want %#x", kind, ipv6, got, s.drop)
			}
			if got := s.counts().Flows(); got.Unique != 1 {
				t.Errorf("%s ipv6=%v: %+v, want 1 unique", kind, ipv6, got)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	var unsupported *host.UnsupportedError
	for _, err := range []error{ebpf.ErrNotSupported, unix.EPERM, unix.ENOSYS} {
		if got := explain(err, "a", "b"); !errors.As(got, &unsupported) || !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if got := explain(unix.ENODEV, "a", "b"); errors.As(got, &unsupported) {
		t.Errorf("ENODEV became %v", got)
	}
}

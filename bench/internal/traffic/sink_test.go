package traffic

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

const (
	testPort = 5201
	// tcxNext as the program's return value: -1, all else passes.
	tcxNext = 0xffffffff
	tcxDrop = 2
)

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
	tb testing.TB
}

// loadTestSink loads the program with its clock stopped at now; 0 lets it run.
func loadTestSink(tb testing.TB, flows int, ethernet bool, now uint64) *loadedSink {
	tb.Helper()
	requireRoot(tb)
	spec, err := sinkSpec(SinkConfig{Port: testPort, Flows: flows, Ethernet: ethernet})
	if err != nil {
		tb.Fatal(err)
	}
	if err := spec.Variables[sinkVarFixedNow].Set(now); err != nil {
		tb.Fatal(err)
	}
	s := &loadedSink{tb: tb}
	if err := spec.LoadAndAssign(&s.sinkObjects, nil); err != nil {
		tb.Fatalf("%+v", err)
	}
	tb.Cleanup(func() { s.sinkObjects.Close() })
	return s
}

// receive runs the program over one packet and returns its verdict.
func (s *loadedSink) receive(packet []byte, gsoSize int) uint32 {
	s.tb.Helper()
	ret, err := s.Sink.Run(&ebpf.RunOptions{Data: packet, Context: skb{GsoSize: uint32(gsoSize)}})
	if err != nil {
		s.tb.Fatalf("%d bytes, gso_size %d: %v", len(packet), gsoSize, err)
	}
	return ret
}

func (s *loadedSink) counts() SinkCounts {
	s.tb.Helper()
	c, err := readCounts(s.Cpus, s.Flows)
	if err != nil {
		s.tb.Fatal(err)
	}
	return c
}

// packetSpec describes a UDP packet byte by byte.
type packetSpec struct {
	ethernet bool
	ipv6     bool
	options  int // bytes of IPv4 options
	port     uint16
	payload  []byte
}

func (p packetSpec) build() []byte {
	var b []byte
	if p.ethernet {
		b = append(b, make([]byte, 12)...)
		if p.ipv6 {
			b = append(b, 0x86, 0xdd)
		} else {
			b = append(b, 0x08, 0x00)
		}
	}
	l4 := udpLen + len(p.payload)
	if p.ipv6 {
		ip := make([]byte, ipv6Len)
		ip[0], ip[6], ip[7] = 0x60, unix.IPPROTO_UDP, 64
		binary.BigEndian.PutUint16(ip[4:], uint16(l4))
		b = append(b, ip...)
	} else {
		ip := make([]byte, ipv4Len+p.options)
		ip[0], ip[6], ip[8], ip[9] = 0x40|byte(len(ip)/4), 0x40, 64, unix.IPPROTO_UDP
		binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)+l4))
		b = append(b, ip...)
	}
	b = binary.BigEndian.AppendUint16(b, 1234)
	b = binary.BigEndian.AppendUint16(b, p.port)
	b = binary.BigEndian.AppendUint16(b, uint16(l4))
	b = binary.BigEndian.AppendUint16(b, 0)
	return append(b, p.payload...)
}

// stamped returns the payload of a superpacket whose segments of size bytes carry
// the given sequence numbers.
func stamped(flow uint16, size int, intended uint64, seqs ...uint64) []byte {
	payload := make([]byte, size*len(seqs))
	for i, seq := range seqs {
		Stamp{Flow: flow, Seq: seq, Intended: intended}.Put(payload[i*size:])
	}
	return payload
}

// edit returns b changed by f.
func edit(b []byte, f func([]byte)) []byte {
	f(b)
	return b
}

func TestSinkVerdicts(t *testing.T) {
	one := stamped(1, 32, 0, 7)
	mixed := append(stamped(1, 32, 0, 8), stamped(0, 32, 0, 9)...)
	ours := packetSpec{port: testPort, payload: one}
	v4 := func(f func([]byte)) []byte { return edit(ours.build(), f) }
	for name, c := range map[string]struct {
		packet  []byte
		gso     int
		verdict uint32
		want    CPUCounts
	}{
		"IPv4":         {ours.build(), 0, tcxDrop, CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},
		"IPv4 options": {packetSpec{port: testPort, payload: one, options: 8}.build(), 0, tcxDrop, CPUCounts{Skbs: 1, Segments: 1, Bytes: 68}},
		"IPv6":         {packetSpec{port: testPort, payload: one, ipv6: true}.build(), 0, tcxDrop, CPUCounts{Skbs: 1, Segments: 1, Bytes: 80}},
		"trailer":      {append(ours.build(), 1, 2, 3), 0, tcxDrop, CPUCounts{Skbs: 1, Segments: 1, Bytes: 60}},
		"superpacket": {
			packetSpec{port: testPort, payload: stamped(1, 32, 0, 1, 2, 3)}.build(), 32, tcxDrop,
			CPUCounts{Skbs: 1, Superpackets: 1, Segments: 3, Bytes: 180},
		},
		"short last segment": {
			packetSpec{port: testPort, payload: stamped(1, 32, 0, 1, 2, 3)[:32+32+20]}.build(), 32, tcxDrop,
			CPUCounts{Skbs: 1, Superpackets: 1, Segments: 3, Bytes: 168},
		},
		"last segment too short": {
			packetSpec{port: testPort, payload: stamped(1, 32, 0, 1, 2, 3)[:32+32+8]}.build(), 32, tcxDrop,
			CPUCounts{Skbs: 1, Superpackets: 1, Segments: 2, Bytes: 120, Foreign: 1},
		},
		"mixed flows":   {packetSpec{port: testPort, payload: mixed}.build(), 32, tcxDrop, CPUCounts{Skbs: 1, Superpackets: 1, Segments: 1, Bytes: 60, Foreign: 1}},
		"other port":    {packetSpec{port: testPort + 1, payload: one}.build(), 0, tcxNext, CPUCounts{}},
		"TCP":           {v4(func(b []byte) { b[9] = unix.IPPROTO_TCP }), 0, tcxNext, CPUCounts{}},
		"first part":    {v4(func(b []byte) { b[6] |= 0x20 }), 0, tcxNext, CPUCounts{}},
		"later part":    {v4(func(b []byte) { b[7] = 8 }), 0, tcxNext, CPUCounts{}},
		"version 5":     {v4(func(b []byte) { b[0] = 0x55 }), 0, tcxNext, CPUCounts{}},
		"header length": {v4(func(b []byte) { b[0] = 0x44 }), 0, tcxNext, CPUCounts{}},
		"magic":         {v4(func(b []byte) { b[28+8]++ }), 0, tcxNext, CPUCounts{Foreign: 1}},
		"unknown flow":  {packetSpec{port: testPort, payload: stamped(2, 32, 0, 7)}.build(), 0, tcxNext, CPUCounts{Foreign: 1}},
		"no payload":    {packetSpec{port: testPort}.build(), 0, tcxNext, CPUCounts{Foreign: 1}},
		"cut short":     {ours.build()[:28+30], 0, tcxNext, CPUCounts{Foreign: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := loadTestSink(t, 2, false, 1)
			if got := s.receive(c.packet, c.gso); got != c.verdict {
				t.Errorf("verdict %#x, want %#x", got, c.verdict)
			}
			got := s.counts()
			// The stopped clock is one after the intended time.
			if total := got.Total(); total != c.want {
				t.Errorf("got  %+v\nwant %+v", total, c.want)
			}
			if n := uint64(got.Latency.TotalCount()); n != c.want.Segments {
				t.Errorf("%d latencies of %d segments", n, c.want.Segments)
			}
		})
	}
}

func TestSinkEthernet(t *testing.T) {
	for _, ipv6 := range []bool{false, true} {
		s := loadTestSink(t, 1, true, 0)
		p := packetSpec{ethernet: true, ipv6: ipv6, port: testPort, payload: stamped(0, 20, 0, 0, 1)}
		if got := s.receive(p.build(), 20); got != tcxDrop {
			t.Errorf("ipv6=%v: verdict %#x, want %#x", ipv6, got, tcxDrop)
		}
		if got := s.counts().Flows(); got.Unique != 2 {
			t.Errorf("ipv6=%v: %+v, want 2 unique", ipv6, got)
		}
	}
}

func TestNewSinkErrors(t *testing.T) {
	for name, cfg := range map[string]SinkConfig{
		"IfIndex": {Port: 1, Flows: 1},
		"Port":    {IfIndex: 1, Flows: 1},
		"Flows":   {IfIndex: 1, Port: 1, Flows: MaxFlows + 1},
	} {
		if _, err := NewSink(cfg); err == nil {
			t.Errorf("bad %s: no error", name)
		}
	}
}

func TestExplain(t *testing.T) {
	var unsupported *UnsupportedError
	for _, err := range []error{ebpf.ErrNotSupported, unix.EPERM, unix.ENOSYS} {
		if got := explain(err); !errors.As(got, &unsupported) || !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if got := explain(unix.ENODEV); errors.As(got, &unsupported) {
		t.Errorf("ENODEV became %v", got)
	}
}

// BenchmarkSink reports what the program costs a forwarder for each skb.
func BenchmarkSink(b *testing.B) {
	for name, n := range map[string]int{"segments=1": 1, "segments=64": 64} {
		b.Run(name, func(b *testing.B) {
			s := loadTestSink(b, 1, false, 0)
			seqs := make([]uint64, n)
			for i := range seqs {
				seqs[i] = uint64(i)
			}
			p := packetSpec{port: testPort, payload: stamped(0, 24, 0, seqs...)}
			_, err := s.Sink.Run(&ebpf.RunOptions{Data: p.build(), Context: skb{GsoSize: 24}, Repeat: uint32(b.N)})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/segment")
		})
	}
}

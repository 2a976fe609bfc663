package steer

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// load loads a program that the test closes.
func load(t *testing.T, policy Policy, queues int) *Program {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: loads eBPF")
	}
	p, err := Load(policy, queues)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// run returns the queue that the program gives a packet behind an Ethernet header,
// without any device (BPF_PROG_TEST_RUN).
func run(t *testing.T, p *Program, etherType uint16, packet []byte) int {
	t.Helper()
	frame := binary.BigEndian.AppendUint16(make([]byte, 12), etherType)
	queue, _, err := p.program.Test(append(frame, packet...))
	if err != nil {
		t.Fatal(err)
	}
	return int(queue)
}

func TestHashIsThatOfTheSlowVersion(t *testing.T) {
	const flows = 500
	for _, queues := range []int{1, 2, 3, 4, 251, maxQueues} {
		p := load(t, PolicyHash, queues)
		random := rand.New(rand.NewPCG(1, uint64(queues)))
		for i := range flows {
			f := randomFlow(random, 4+2*(i%2))
			want := f.queue(queues, false)
			if got := run(t, p, f.etherType(), f.packet(uint32(i))); got != want {
				t.Fatalf("%d queues, %v: queue %d, want %d", queues, f, got, want)
			}
			back := f.reverse()
			if got := run(t, p, back.etherType(), back.packet(uint32(i))); got != want {
				t.Fatalf("%d queues, %v: queue %d, its other direction %d", queues, f, want, got)
			}
		}
	}
}

// TestHashFindsPorts has packets that hide their ports, or have none, in every way.
func TestHashFindsPorts(t *testing.T) {
	p := load(t, PolicyHash, maxQueues)
	repeat := func(e extension, n int) []extension { return slices.Repeat([]extension{e}, n) }
	for _, tc := range []struct {
		name     string
		packet   func(v4, v6 flow) []byte
		version  int
		fragment bool // hashed without ports
	}{
		{"IPv4 options", func(f, _ flow) []byte { return f.ipv4(0, make([]byte, 40), f.payload(0)) }, 4, false},
		{"IPv4 first fragment", func(f, _ flow) []byte { return f.ipv4(moreFragmentsV4, nil, f.payload(0)) }, 4, true},
		{"IPv4 middle fragment", func(f, _ flow) []byte { return f.ipv4(moreFragmentsV4|9, nil, f.payload(9)) }, 4, true},
		{"IPv4 last fragment", func(f, _ flow) []byte { return f.ipv4(185, nil, f.payload(7)) }, 4, true},
		{"IPv4 without a payload", func(f, _ flow) []byte { return f.ipv4(0, nil, nil) }, 4, true},
		{"IPv4 header length 16", func(f, _ flow) []byte {
			b := f.ipv4(0, nil, f.payload(0))
			b[0] = 0x44
			return b
		}, 4, true},

		{"IPv6 hop-by-hop", func(_, f flow) []byte { return f.ipv6([]extension{hopByHop()}, f.payload(0)) }, 6, false},
		{"IPv6 all extensions", func(_, f flow) []byte {
			return f.ipv6([]extension{hopByHop(), destination(), routing(), authentication(), destination()}, f.payload(0))
		}, 6, false},
		{"IPv6 atomic fragment", func(_, f flow) []byte {
			return f.ipv6([]extension{fragmentHeader(0), destination()}, f.payload(0))
		}, 6, false},
		{"IPv6 first fragment", func(_, f flow) []byte {
			return f.ipv6([]extension{hopByHop(), fragmentHeader(moreFragmentsV6)}, f.payload(0))
		}, 6, true},
		{"IPv6 last fragment", func(_, f flow) []byte {
			return f.ipv6([]extension{hopByHop(), fragmentHeader(185 << 3)}, f.payload(5))
		}, 6, true},
		{"IPv6 eight extensions", func(_, f flow) []byte { return f.ipv6(repeat(destination(), 8), f.payload(0)) }, 6, false},
		{"IPv6 nine extensions", func(_, f flow) []byte { return f.ipv6(repeat(destination(), 9), f.payload(0)) }, 6, true},
		{"IPv6 ports cut off", func(_, f flow) []byte { return f.ipv6([]extension{hopByHop()}, f.payload(0)[:3]) }, 6, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(2, 2))
			for range 20 {
				v4, v6 := randomFlow(random, 4), randomFlow(random, 6)
				v4.protocol, v6.protocol = unix.IPPROTO_TCP, unix.IPPROTO_UDP
				f := v4
				if tc.version == 6 {
					f = v6
				}
				got, want := run(t, p, f.etherType(), tc.packet(v4, v6)), f.queue(maxQueues, tc.fragment)
				if got != want {
					t.Fatalf("%v: queue %d, want %d", f, got, want)
				}
			}
		})
	}
}

// TestHashOfHostilePackets expects an answer, whichever, within the queues.
func TestHashOfHostilePackets(t *testing.T) {
	const queues = 4
	p := load(t, PolicyHash, queues)
	random := rand.New(rand.NewPCG(3, 3))
	for range 2000 {
		f := randomFlow(random, 6)
		packet := f.ipv6([]extension{hopByHop(), routing(), destination(), fragmentHeader(0)}, f.payload(0))
		for range random.IntN(8) {
			packet[random.IntN(len(packet))] = byte(random.Uint32())
		}
		etherType := []uint16{unix.ETH_P_IP, unix.ETH_P_IPV6, unix.ETH_P_ARP}[random.IntN(3)]
		packet = packet[:ipv6HdrLen+random.IntN(len(packet)-ipv6HdrLen)] // less is refused by the test run
		if queue := run(t, p, etherType, packet); queue < 0 || queue >= queues {
			t.Fatalf("type %#x, packet %x: queue %d", etherType, packet, queue)
		}
	}
	endless := randomFlow(random, 6)
	packet := endless.ipv6(slices.Repeat([]extension{destination()}, 40), nil)
	if queue := run(t, p, unix.ETH_P_IPV6, packet); queue >= queues {
		t.Fatalf("endless chain: queue %d", queue)
	}
	if queue := run(t, p, unix.ETH_P_ARP, make([]byte, 28)); queue != 0 {
		t.Errorf("ARP: queue %d, want 0", queue)
	}
}

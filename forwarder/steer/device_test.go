package steer

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// manyFlows are from one address to another one, as benchmarks have them: the ports
// count up.
func manyFlows(n, version int, protocol uint8) []flow {
	src, dst := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")
	if version == 6 {
		src, dst = netip.MustParseAddr("2001:db8:1::1"), netip.MustParseAddr("2001:db8:2::1")
	}
	flows := make([]flow, n)
	for i := range flows {
		flows[i] = flow{netip.AddrPortFrom(src, uint16(10000+i)), netip.AddrPortFrom(dst, 9), protocol}
	}
	return flows
}

// TestHashSpreadsFlows also checks that each flow stays on one queue in its order.
func TestHashSpreadsFlows(t *testing.T) {
	const queues, perFlow = 4, 8
	for _, kind := range []tun.Kind{tun.TUN, tun.TAP} {
		for _, version := range []int{4, 6} {
			t.Run(fmt.Sprintf("%v/ip=%d", kind, version), func(t *testing.T) {
				inNamespace(t, func(t *testing.T) {
					dev := openDevice(t, kind, queues)
					program := dev.attach(t, PolicyHash)
					flows := manyFlows(256, version, unix.IPPROTO_UDP)
					for i := range uint32(perFlow * len(flows)) {
						dev.send(t, flows[int(i)%len(flows)].packet(i))
					}
					read := dev.read(t)
					checkFlows(t, read, flows, perFlow)
					checkCounts(t, program, read)
					for i, packets := range read {
						share := float64(len(packets)) / float64(perFlow*len(flows))
						if share < 0.10 || share > 0.45 {
							t.Errorf("queue %d has %.1f %% of the packets", i, 100*share)
						}
					}
				})
			})
		}
	}
}

// checkFlows expects perFlow packets of each flow, packet n being one of flow n modulo
// their number, all in its queue and in order.
func checkFlows(t *testing.T, read [][][]byte, flows []flow, perFlow int) {
	t.Helper()
	next := make([]int, len(flows))
	for queue, packets := range read {
		for _, packet := range packets {
			n := int(number(packet))
			i := n % len(flows)
			if want := flows[i].queue(len(read), false); queue != want {
				t.Fatalf("packet %d of flow %v in queue %d, want %d", n, flows[i], queue, want)
			}
			if n/len(flows) != next[i] {
				t.Fatalf("packet %d of flow %v where number %d was due", n/len(flows), flows[i], next[i])
			}
			next[i]++
		}
	}
	for i, n := range next {
		if n != perFlow {
			t.Errorf("flow %v: read %d packets, want %d", flows[i], n, perFlow)
		}
	}
}

func TestBothDirectionsMeetOnOneQueue(t *testing.T) {
	const queues = 7
	inNamespace(t, func(t *testing.T) {
		a, b := openDevice(t, tun.TUN, queues), openDevice(t, tun.TAP, queues)
		a.attach(t, PolicyHash)
		b.attach(t, PolicyHash)
		random := rand.New(rand.NewPCG(4, 4))
		used := make(map[int]bool)
		for i := range 200 {
			f := randomFlow(random, 4+2*(i%2))
			a.send(t, f.packet(0))
			b.send(t, f.reverse().packet(0))
			there, back := a.readOne(t), b.readOne(t)
			if there != back {
				t.Errorf("%v: queue %d there, %d back", f, there, back)
			}
			used[there] = true
		}
		if len(used) != queues {
			t.Errorf("%d queues of %d were used", len(used), queues)
		}
	})
}

// TestExtensionHeadersKeepTheFlow sends packets of one flow in different clothes.
func TestExtensionHeadersKeepTheFlow(t *testing.T) {
	const queues = 8
	for _, kind := range []tun.Kind{tun.TUN, tun.TAP} {
		t.Run(kind.String(), func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				dev := openDevice(t, kind, queues)
				dev.attach(t, PolicyHash)
				for _, f := range manyFlows(20, 6, unix.IPPROTO_TCP) {
					for _, extensions := range [][]extension{
						nil,
						{hopByHop()},
						{hopByHop(), destination(), routing(), authentication()},
						{fragmentHeader(0)},
					} {
						dev.send(t, f.ipv6(extensions, f.payload(0)))
						if got, want := dev.readOne(t), f.queue(queues, false); got != want {
							t.Errorf("%v with %d extensions: queue %d, want %d", f, len(extensions), got, want)
						}
					}
				}
			})
		})
	}
}

func TestAsManyQueuesAsADeviceCanHave(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		dev := openDevice(t, tun.TUN, maxQueues)
		program := dev.attach(t, PolicyHash)
		flows := manyFlows(4096, 4, unix.IPPROTO_TCP)
		for i, f := range flows {
			dev.send(t, f.packet(uint32(i)))
		}
		read := dev.read(t)
		checkFlows(t, read, flows, 1)
		checkCounts(t, program, read)
		for i, packets := range read {
			if len(packets) == 0 {
				t.Errorf("queue %d has none of %d flows", i, len(flows))
			}
		}
	})
}

func TestCPUPolicyFollowsTheSender(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		const queues = 3
		dev := openDevice(t, tun.TUN, queues)
		program := dev.attach(t, PolicyCPU)
		// The thread is the namespace's own and ends with it.
		var allowed unix.CPUSet
		if err := unix.SchedGetaffinity(0, &allowed); err != nil {
			t.Fatal(err)
		}
		f := manyFlows(1, 4, unix.IPPROTO_UDP)[0]
		read := make([][][]byte, queues)
		for cpu := range len(allowed) * 64 {
			if !allowed.IsSet(cpu) {
				continue
			}
			var set unix.CPUSet
			set.Set(cpu)
			if err := unix.SchedSetaffinity(0, &set); err != nil {
				t.Fatal(err)
			}
			for n := range uint32(10) {
				dev.send(t, f.packet(n))
			}
			for queue, packets := range dev.read(t) {
				if len(packets) > 0 && queue != cpu%queues {
					t.Errorf("CPU %d: %d packets in queue %d, want %d", cpu, len(packets), queue, cpu%queues)
				}
				read[queue] = append(read[queue], packets...)
			}
		}
		checkCounts(t, program, read)
	})
}

// TestDetachGivesTheChoiceBack has a flow come in through a queue that its hash does
// not name: the driver answers on that queue, a program does not.
func TestDetachGivesTheChoiceBack(t *testing.T) {
	const queues = 4
	kernel := func(t *testing.T) *Program { return load(t, PolicyKernel, queues) }
	for name, detach := range map[string]func(t *testing.T, fd int) error{
		"Detach":       func(_ *testing.T, fd int) error { return Detach(fd) },
		"PolicyKernel": func(t *testing.T, fd int) error { return kernel(t).Attach(fd) },
	} {
		t.Run(name, func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				dev := openDevice(t, tun.TUN, queues)
				f := manyFlows(1, 4, unix.IPPROTO_UDP)[0]
				ours := f.queue(queues, false)
				theirs := (ours + 1) % queues

				program := dev.attach(t, PolicyHash)
				dev.write(t, theirs, f.reverse().packet(0))
				dev.send(t, f.packet(0))
				if got := dev.readOne(t); got != ours {
					t.Errorf("attached: queue %d, want %d", got, ours)
				}
				if err := detach(t, dev.fd()); err != nil {
					t.Fatal(err)
				}
				dev.write(t, theirs, f.reverse().packet(0))
				dev.send(t, f.packet(0))
				if got := dev.readOne(t); got != theirs {
					t.Errorf("detached: queue %d, want %d", got, theirs)
				}
				counts, err := program.Counts()
				if err != nil || counts[ours] != 1 || counts[theirs] != 0 {
					t.Errorf("counts %v, %v; want the one packet from before", counts, err)
				}
				if err := detach(t, dev.fd()); err != nil {
					t.Errorf("a second time: %v", err)
				}
			})
		})
	}
}

// TestDeviceKeepsAClosedProgram closes the only handle on the program.
func TestDeviceKeepsAClosedProgram(t *testing.T) {
	const queues = 16
	inNamespace(t, func(t *testing.T) {
		dev := openDevice(t, tun.TUN, queues)
		if err := dev.attach(t, PolicyHash).Close(); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		for _, f := range manyFlows(50, 4, unix.IPPROTO_UDP) {
			dev.send(t, f.packet(0))
			if got, want := dev.readOne(t), f.queue(queues, false); got != want {
				t.Errorf("%v: queue %d, want %d", f, got, want)
			}
		}
	})
}

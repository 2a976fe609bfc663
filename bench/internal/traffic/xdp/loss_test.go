package xdp

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/forwarder/tun"
)

// flood sends so many packets at maximum load and returns what was sent and what the
// devices of the scene counted meanwhile, after the traffic has come to rest.
func flood(t *testing.T, bed *testbed.Testbed, x *Generator, packets uint64) (load.Sent, testbed.Counters) {
	t.Helper()
	before, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	sent, err := x.Run(t.Context(), load.Load{Packets: packets}, traffictest.Long)
	if err != nil {
		t.Fatal(err)
	}
	if err := bed.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := bed.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if sent.Offered != packets || sent.Refused != 0 || sent.Errors != nil {
		t.Fatalf("sent %+v", sent)
	}
	return sent, after.Sub(before)
}

// floodPackets are many more than any ring of the tests holds.
const floodPackets = 200_000

// drain empties a queue and returns how many packets were in it.
func drain(t *testing.T, q *tun.Queue) (packets uint64) {
	t.Helper()
	buf := make([]byte, 1<<14)
	for {
		_, err := unix.Read(q.FD(), buf)
		if errors.Is(err, unix.EAGAIN) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		packets++
	}
}

// Nobody reads: what the ring cannot hold is counted by tx_dropped where it went through
// the qdisc, and by RingDropped where it went straight into the ring.
func TestXDPRingFull(t *testing.T) {
	const ring = 700
	for name, way := range map[string]wayIn{"routed": routed, "handed": handed, "handed by clsact": handedByClsact} {
		t.Run("tun "+name, func(t *testing.T) {
			bed := upRouting(t, testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, TxQueueLen: ring})
			q := attachBare(t, bed.A(), tun.TUN)
			sent, counters := flood(t, bed, newTestXDP(t, way(bed, false, 1, load.OneSize(64))), floodPackets)
			held := drain(t, q)
			if held != ring || counters.A.TxDropped+counters.A.QdiscDrops+held != sent.Offered || sent.RingDropped != 0 {
				t.Errorf("offered %d, ring %d, held %d, %+v", sent.Offered, sent.RingDropped, held, counters.A)
			}
		})
	}
	t.Run("tap", func(t *testing.T) {
		bed := upRouting(t, testbed.Config{Topology: testbed.Devices, Kind: tun.TAP, TxQueueLen: ring})
		q := attachBare(t, bed.A(), tun.TAP)
		sent, counters := flood(t, bed, newTestXDP(t, redirected(bed, false, 1, load.OneSize(64))), floodPackets)
		held := drain(t, q)
		if held != ring || sent.RingDropped+held != sent.Offered {
			t.Errorf("offered %d, ring %d, held %d", sent.Offered, sent.RingDropped, held)
		}
		// Why RingDropped is there. A kernel that counts all would make this fail,
		// and the comment at XDP wrong.
		if counters.A.TxDropped == 0 || counters.A.TxDropped >= sent.RingDropped {
			t.Errorf("%d dropped, of which the device counted %d", sent.RingDropped, counters.A.TxDropped)
		}
	})
	t.Run("veth", func(t *testing.T) {
		bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
		cpu := allowedCPU(t)
		enableThreadedNAPI(t, bed.B(), cpu)
		sink := newTestSink(t, bed.B(), 1)
		cfg := redirected(bed, false, 1, load.OneSize(64))
		cfg.CPU = cpu
		sent, counters := flood(t, bed, newTestXDP(t, cfg), floodPackets)
		arrived := traffictest.ReadAll(t, bed, sink, sent.Offered-sent.RingDropped).Flows().Unique
		if arrived == 0 || sent.RingDropped == 0 || arrived+sent.RingDropped != sent.Offered {
			t.Errorf("offered %d, ring %d, arrived %d", sent.Offered, sent.RingDropped, arrived)
		}
		if counters.A.TxDropped != sent.RingDropped || counters.B.RxDropped != sent.RingDropped {
			t.Errorf("%d dropped, but %+v and %+v", sent.RingDropped, counters.A, counters.B)
		}
	})
}

// allowedCPU is one that this process may use.
func allowedCPU(t *testing.T) (cpu int) {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	for !set.IsSet(cpu) {
		cpu++
	}
	return cpu
}

// napiThreads are the threads that receive for devices.
func napiThreads(t *testing.T) map[string]bool {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		t.Fatal(err)
	}
	threads := map[string]bool{}
	for _, name := range names {
		comm, _ := os.ReadFile(name) // the process may have ended
		if strings.HasPrefix(string(comm), "napi/") {
			threads[filepath.Base(filepath.Dir(name))] = true
		}
	}
	return threads
}

// enableThreadedNAPI makes the device receive in a thread of its own and not in the
// generator's, which would never fill its ring. It runs on the CPU given, so that a
// generator there fills the ring while the thread waits for its turn.
func enableThreadedNAPI(t *testing.T, end *testbed.End, cpu int) {
	t.Helper()
	before := napiThreads(t)
	err := end.Namespace.Do(func() error {
		// sysfs shows the devices of the namespace that it was mounted in.
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
			return err
		}
		if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
			return err
		}
		return os.WriteFile("/sys/class/net/"+end.Device+"/threaded", []byte("1"), 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	var set unix.CPUSet
	set.Set(cpu)
	for thread := range napiThreads(t) {
		if before[thread] {
			continue
		}
		pid, err := strconv.Atoi(thread)
		if err == nil {
			err = unix.SchedSetaffinity(pid, &set)
		}
		if errors.Is(err, unix.ESRCH) {
			continue // that of a device elsewhere, which has ended
		}
		if err != nil {
			t.Fatalf("pin the thread %s that receives: %v", thread, err)
		}
	}
}

// A veth pair takes every frame.
func TestXDPRedirectVeth(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	sink := newTestSink(t, bed.B(), 2)
	x := newTestXDP(t, redirected(bed, true, 2, traffictest.IMIX()[:2]))
	sent, err := x.Run(t.Context(), load.Load{Pps: 50_000}, 100*time.Millisecond)
	if err != nil || sent.RingDropped != 0 {
		t.Fatalf("%d dropped, %v", sent.RingDropped, err)
	}
	traffictest.CheckDelivery(t, sent, traffictest.ReadSink(t, bed, sink))
}

// What the IP stack does not forward is in its own counters.
func TestXDPLostInStack(t *testing.T) {
	bed := upRouting(t, testbed.Config{Topology: testbed.Veth, NAPI: true})
	for _, c := range []struct {
		name    string
		change  func(*Config)
		counter string
	}{
		{"no route", func(c *Config) { c.Dst = netip.MustParseAddr("203.0.113.1") }, "InNoRoutes"},
		{"over MTU", func(c *Config) { c.Sizes = load.OneSize(1501) }, "FragFails"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := routed(bed, false, 1, load.OneSize(64))
			c.change(&cfg)
			x := newTestXDP(t, cfg)
			before := ipCounters(t, bed.A())
			sent, _ := flood(t, bed, x, 1000)
			after := ipCounters(t, bed.A())
			if lost := after[c.counter] - before[c.counter]; sent.Offered != 1000 || lost != 1000 {
				t.Errorf("offered %d, %s counts %d", sent.Offered, c.counter, lost)
			}
		})
	}
}

// ipCounters returns the counters of the IPv4 stack (net/ipv4/proc.c).
func ipCounters(t *testing.T, end *testbed.End) map[string]uint64 {
	t.Helper()
	counters := make(map[string]uint64)
	err := end.Namespace.Do(func() error {
		for _, file := range []string{"snmp", "netstat"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if err != nil {
				return err
			}
			lines := strings.Split(string(text), "\n")
			for i := 0; i+1 < len(lines); i += 2 {
				if !strings.HasPrefix(lines[i], "Ip") {
					continue
				}
				names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
				for j := 1; j < len(names); j++ {
					if counters[names[j]], err = strconv.ParseUint(values[j], 10, 64); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counters
}

// A device that takes no frames ends the run at once, with the reason.
func TestXDPRedirectRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  testbed.Config
		want unix.Errno
	}{
		{"tun", testbed.Config{Topology: testbed.Devices, Kind: tun.TUN}, unix.EOPNOTSUPP},
		{"tap without queue", testbed.Config{Topology: testbed.Devices, Kind: tun.TAP}, unix.ENXIO},
		{"veth without NAPI", testbed.Config{Topology: testbed.Veth}, unix.EOPNOTSUPP},
	} {
		t.Run(c.name, func(t *testing.T) {
			bed := upRouting(t, c.cfg)
			cfg := redirected(bed, false, 1, load.OneSize(64))
			cfg.Redirect.Src, cfg.Redirect.Dst = make([]byte, 6), make([]byte, 6)
			x := newTestXDP(t, cfg)
			for _, pps := range []float64{0, 1000} {
				sent, err := x.Run(t.Context(), load.Load{Pps: pps}, time.Hour)
				if !errors.Is(err, c.want) {
					t.Fatalf("%v pps: %v, want %v", pps, err, c.want)
				}
				if sent.Offered != 0 || sent.Refused == 0 || sent.Errors[c.want] != sent.Refused || sent.Duration >= time.Hour {
					t.Errorf("%v pps: %+v", pps, sent)
				}
			}
		})
	}
}

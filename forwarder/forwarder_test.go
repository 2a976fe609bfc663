package forwarder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// long is how long a test waits for what must happen: far longer than on the slowest
// machine.
const long = 5 * time.Minute

// wire is a stand-in for a device: a queue for the forwarder, and the other end
// of a socket pair that keeps packet boundaries as a tun fd does.
type wire struct {
	queue *tun.Queue
	peer  int
}

func newWire(t testing.TB, name string, index, vnetHdrLen int) wire {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Room for a batch of superpackets in flight.
	if err := unix.SetsockoptInt(fds[1], unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20); err != nil {
		t.Fatal(err)
	}
	w := wire{tun.NewQueue(fds[0], name, index, vnetHdrLen), fds[1]}
	t.Cleanup(func() {
		unix.Close(w.peer)
		w.queue.Close()
	})
	return w
}

func (w wire) send(t testing.TB, b []byte) {
	t.Helper()
	if _, err := unix.Write(w.peer, b); err != nil {
		t.Fatalf("send %d bytes: %v", len(b), err)
	}
}

// receive waits for one packet.
func (w wire) receive(t testing.TB) []byte {
	t.Helper()
	poll := []unix.PollFd{{Fd: int32(w.peer), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, int(long.Milliseconds()))
	for err == unix.EINTR {
		n, err = unix.Poll(poll, int(long.Milliseconds()))
	}
	if err != nil || n != 1 {
		t.Fatalf("no packet arrived: %v", err)
	}
	b := make([]byte, 1<<17)
	if n, err = unix.Read(w.peer, b); err != nil {
		t.Fatal(err)
	}
	return b[:n]
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

// start runs a forwarder over n pairs of wires until the test ends, or until
// the returned stop is called.
func start(t *testing.T, n, vnetHdrLen int, cfg Config) (a, b []wire, f *Forwarder, stop func()) {
	t.Helper()
	for i := range n {
		a, b = append(a, newWire(t, "a", i, vnetHdrLen)), append(b, newWire(t, "b", i, vnetHdrLen))
		cfg.A, cfg.B = append(cfg.A, a[i].queue), append(cfg.B, b[i].queue)
	}
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a, b, f, running(t, f)
}

// vnetPacket is a header and size bytes of packet, numbered.
func vnetPacket(t testing.TB, hdr offload.VnetHdr, size, number int) []byte {
	t.Helper()
	b := make([]byte, offload.VnetHdrLen+size)
	if err := hdr.Encode(b); err != nil {
		t.Fatal(err)
	}
	if size >= 8 {
		binary.BigEndian.PutUint64(b[len(b)-8:], uint64(number))
	}
	return b
}

func TestForwardsBothDirectionsInOrder(t *testing.T) {
	for _, cfg := range []Config{{}, {Batch: 1}, {Batch: 7, Spin: time.Millisecond}, {CPUs: []int{allowedCPU(t)}}} {
		t.Run(fmt.Sprintf("batch=%d spin=%v cpus=%v", cfg.Batch, cfg.Spin, cfg.CPUs), func(t *testing.T) {
			const queues, packets = 3, 200
			a, b, f, stop := start(t, queues, offload.VnetHdrLen, cfg)
			for i := range packets {
				for q := range queues {
					there := vnetPacket(t, offload.VnetHdr{}, 60+i, i)
					a[q].send(t, there)
					back := vnetPacket(t, offload.VnetHdr{}, 1400-i, i)
					b[q].send(t, back)
					if got := b[q].receive(t); !bytes.Equal(got, there) {
						t.Fatalf("queue %d, packet %d from a: %d bytes arrived, differ from the %d sent", q, i, len(got), len(there))
					}
					if got := a[q].receive(t); !bytes.Equal(got, back) {
						t.Fatalf("queue %d, packet %d from b: %d bytes arrived, differ from the %d sent", q, i, len(got), len(back))
					}
				}
			}
			stop()
			for q, w := range f.Stats().Workers {
				if w.Queue != q || w.AToB.WrittenPackets != packets || w.BToA.WrittenPackets != packets {
					t.Errorf("worker %d counts %+v, want %d packets each way", q, w, packets)
				}
			}
		})
	}
}

func TestCountsSuperpacketsAndCorrectsHdrLen(t *testing.T) {
	a, b, f, stop := start(t, 1, offload.VnetHdrLen, Config{})
	hdr := offload.VnetHdr{
		Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: unix.VIRTIO_NET_HDR_GSO_UDP_L4,
		HdrLen: 1428, GSOSize: 1400, CsumStart: 20, CsumOffset: 6,
	}
	sent := vnetPacket(t, hdr, 28+10*1400+1, 1)
	a[0].send(t, sent)
	hdr.HdrLen = 28
	want := vnetPacket(t, hdr, 28+10*1400+1, 1)
	if got := b[0].receive(t); !bytes.Equal(got, want) {
		t.Errorf("the superpacket changed in more than hdr_len: header % x, want % x", got[:offload.VnetHdrLen], want[:offload.VnetHdrLen])
	}
	stop()
	got := f.Stats().Total().AToB
	got.EmptyReads = 0 // depends on timing
	if diff := cmp.Diff(DirectionStats{
		ReadPackets: 1, ReadSuperpackets: 1, ReadSegments: 11, ReadBytes: 28 + 10*1400 + 1,
		WrittenPackets: 1, WrittenSegments: 11, Drops: map[string]uint64{}, WriteErrors: map[string]uint64{},
	}, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

func TestCountsDrops(t *testing.T) {
	a, b, f, stop := start(t, 1, offload.VnetHdrLen, Config{})
	a[0].send(t, make([]byte, offload.VnetHdrLen))                // header only
	a[0].send(t, make([]byte, offload.VnetHdrLen-1))              // not even that
	a[0].send(t, make([]byte, offload.VnetHdrLen+packetBufLen))   // exactly full
	a[0].send(t, make([]byte, offload.VnetHdrLen+packetBufLen+9)) // more than full
	last := vnetPacket(t, offload.VnetHdr{}, 60, 5)
	a[0].send(t, last)
	if got := b[0].receive(t); !bytes.Equal(got, last) {
		t.Errorf("got %d bytes first, want the one good packet", len(got))
	}
	stop()
	got := f.Stats().Total().AToB
	want := map[string]uint64{"runt": 2, "truncated": 2}
	if diff := cmp.Diff(want, got.Drops); diff != "" {
		t.Errorf("drops (-want +got):\n%s", diff)
	}
	if got.ReadSegments != 5 || got.WrittenSegments != 1 {
		t.Errorf("read %d, wrote %d segments; want 5 and 1", got.ReadSegments, got.WrittenSegments)
	}
}

func TestWriteErrorIsCountedAndTheWorkerGoesOn(t *testing.T) {
	a, b, f, stop := start(t, 1, 0, Config{})
	// A datagram beyond the send buffer fails with EMSGSIZE, as EINVAL would on a device.
	if err := unix.SetsockoptInt(b[0].queue.FD(), unix.SOL_SOCKET, unix.SO_SNDBUF, 4096); err != nil {
		t.Fatal(err)
	}
	a[0].send(t, make([]byte, 60000))
	a[0].send(t, []byte("still alive"))
	if got := b[0].receive(t); string(got) != "still alive" {
		t.Errorf("got %d bytes, want the packet after the failed one", len(got))
	}
	stop()
	if diff := cmp.Diff(map[string]uint64{"EMSGSIZE": 1}, f.Stats().Total().AToB.WriteErrors); diff != "" {
		t.Errorf("write errors (-want +got):\n%s", diff)
	}
}

func TestRunEndsWhenAQueueFails(t *testing.T) {
	a, b := newWire(t, "a", 0, 0), newWire(t, "b", 0, 0)
	f, err := New(Config{A: []*tun.Queue{a.queue}, B: []*tun.Queue{b.queue}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// Poison a's queue: reading from an unconnected socket fails with ENOTCONN. A worker that had found the queue empty would not read it
	// again, for its poller knows nothing of the other file.
	bad, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(bad)
	if err := unix.Dup3(bad, a.queue.FD(), unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- f.Run(t.Context()) }()
	select {
	case err := <-done:
		if !errors.Is(err, unix.ENOTCONN) {
			t.Errorf("Run = %v, want it to carry ENOTCONN", err)
		}
	case <-time.After(long):
		t.Fatal("Run goes on over a broken queue")
	}
	if err := f.Run(t.Context()); !errors.Is(err, ErrUsed) {
		t.Errorf("second Run = %v, want ErrUsed", err)
	}
}

func TestNewRejects(t *testing.T) {
	q := func(vnetHdrLen int) []*tun.Queue {
		return []*tun.Queue{newWire(t, "q", 0, vnetHdrLen).queue}
	}
	for name, cfg := range map[string]Config{
		"no queues":           {},
		"unequal sides":       {A: q(0), B: append(q(0), q(0)...)},
		"unlike vnet headers": {A: q(0), B: q(10)},
		"huge vnet header":    {A: q(64), B: q(64)},
		"tiny vnet header":    {A: q(4), B: q(4)},
		"batch":               {A: q(0), B: q(0), Batch: MaxBatch + 1},
		"negative batch":      {A: q(0), B: q(0), Batch: -1},
		"spin":                {A: q(0), B: q(0), Spin: MaxSpin + 1},
		"cpu":                 {A: q(0), B: q(0), CPUs: []int{-1}},
		"engine":              {A: q(0), B: q(0), Engine: "steam"},
		"gso":                 {A: q(0), B: q(0), GSO: "perhaps"},
		"gro":                 {A: q(0), B: q(0), GRO: "perhaps"},
	} {
		if f, err := New(cfg); err == nil {
			f.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestCPUsCountOnce: a CPU that is named twice is one.
func TestCPUsCountOnce(t *testing.T) {
	q := []*tun.Queue{newWire(t, "q", 0, 0).queue}
	cfg, err := Config{A: q, B: q, CPUs: []int{1, 0, 1, 2, 0}}.withDefaults()
	if err != nil || !slices.Equal(cfg.CPUs, []int{1, 0, 2}) {
		t.Errorf("%v, %v", cfg.CPUs, err)
	}
}

func TestPinToMissingCPUFails(t *testing.T) {
	a, b := newWire(t, "a", 0, 0), newWire(t, "b", 0, 0)
	f, err := New(Config{A: []*tun.Queue{a.queue}, B: []*tun.Queue{b.queue}, CPUs: []int{1000}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Run(t.Context()); err == nil {
		t.Error("ran on a CPU that does not exist")
	}
}

func TestNoAllocationPerPacket(t *testing.T) {
	for _, engine := range Engines() {
		t.Run(string(engine), func(t *testing.T) { testNoAllocation(t, engine) })
	}
}

func testNoAllocation(t *testing.T, engine Engine) {
	runtime.LockOSThread()
	a, b := newWire(t, "a", 0, offload.VnetHdrLen), newWire(t, "b", 0, offload.VnetHdrLen)
	f, err := New(Config{A: []*tun.Queue{a.queue}, B: []*tun.Queue{b.queue}, Engine: engine, Batch: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := f.workers[0]
	if err := w.engine.enable(); err != nil {
		t.Fatal(err)
	}
	hdr := offload.VnetHdr{
		Flags: unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, GSOType: unix.VIRTIO_NET_HDR_GSO_UDP_L4,
		HdrLen: 1428, GSOSize: 100, CsumStart: 20, CsumOffset: 6,
	}
	super, plain := vnetPacket(t, hdr, 28+1000, 1), vnetPacket(t, offload.VnetHdr{}, 64, 2)
	sink := make([]byte, 4096)
	const packets = 8
	allocs := testing.AllocsPerRun(200, func() {
		for range packets / 2 {
			a.send(t, super)
			a.send(t, plain)
		}
		for moved, last := 0, 1; moved < packets || last > 0; {
			n, err := w.round()
			if err != nil {
				t.Fatal(err)
			}
			moved, last = moved+n, n
		}
		w.publish()
		for range packets {
			if _, err := unix.Read(b.peer, sink); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for %d packets, want 0", allocs, packets)
	}
}

func TestDeviceVanishes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: opens real devices")
	}
	for _, queues := range []int{1, 2} { // one may nap, two may not on a small machine
		for _, busy := range []bool{false, true} {
			t.Run(fmt.Sprintf("queues=%d busy=%v", queues, busy), func(t *testing.T) { testDeviceVanishes(t, queues, busy) })
		}
	}
}

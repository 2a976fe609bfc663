package faulty

import (
	"context"
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
)

const udpPort = 9000

const (
	// long is how long packets that are expected may fail to come: far longer than they
	// take on any machine.
	long = 2 * time.Minute
	// quiet is how long the test looks for those that are not.
	quiet = 50 * time.Millisecond
)

// setUp builds a scene for dev and starts kind in it.
func setUp(t *testing.T, kind *Kind, dev scenario.Dev) (*testbed.Testbed, dut.Running) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	s := scenario.Scenario{Dev: dev}
	cfg := kind.Scene(s)
	// Room for what arrives while the machine is busy elsewhere; without qdisc, since
	// the default one reserves as much for each of the 256 queues that a device can have.
	cfg.TxQueueLen, cfg.Qdisc = 200_000, "noqueue"
	bed, err := testbed.Up(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bed.Down(); err != nil {
			t.Error(err)
		}
	})
	running, err := kind.Start(context.Background(), bed, s, allowedCPUs(t)[:1])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	return bed, running
}

// allowedCPUs are those that this process may use.
func allowedCPUs(t *testing.T) (cpus []int) {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// eventually compares until there is no difference: the forwarder publishes what it
// counted a little after it has forwarded.
func eventually[T any](t *testing.T, what string, want T, read func() T, options ...cmp.Option) {
	t.Helper()
	for deadline := time.Now().Add(long); ; time.Sleep(time.Millisecond) {
		diff := cmp.Diff(want, read(), options...)
		if diff == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s (-want +got):\n%s", what, diff)
			return
		}
	}
}

// link is a pair of UDP sockets at the two ends, without blocking.
type link struct {
	t       *testing.T
	in, out int
	to      *unix.SockaddrInet4
	begin   time.Time
}

func newLink(t *testing.T, from, to *testbed.End) *link {
	t.Helper()
	l := &link{t: t, to: &unix.SockaddrInet4{Port: udpPort, Addr: to.Addr.As4()}, begin: time.Now()}
	l.in = udpSocket(t, from)
	l.out = udpSocket(t, to)
	if err := unix.Bind(l.out, l.to); err != nil {
		t.Fatal(err)
	}
	const receiveBuffer = 256 << 20
	if err := unix.SetsockoptInt(l.out, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer); err != nil {
		t.Fatal(err)
	}
	return l
}

func udpSocket(t *testing.T, end *testbed.End) (fd int) {
	t.Helper()
	err := end.Namespace.Do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// now counts from when the link was made.
func (l *link) now() time.Duration { return time.Since(l.begin) }

func (l *link) send(payload []byte) {
	if err := unix.Sendto(l.in, payload, 0, l.to); err != nil {
		l.t.Fatalf("send: %v", err)
	}
}

// receive fills buf with a packet; ok is false if none has arrived.
func (l *link) receive(buf []byte) (ok bool) {
	n, _, err := unix.Recvfrom(l.out, buf, 0)
	if err == unix.EAGAIN {
		return false
	}
	if err != nil || n != len(buf) {
		l.t.Fatalf("receive: %d bytes, %v", n, err)
	}
	return true
}

// sendLetters sends a packet for each letter, all at once.
func (l *link) sendLetters(letters string) {
	for i := range letters {
		l.send([]byte(letters[i : i+1]))
	}
}

// letters returns those that arrive: want of them, or more if there are more.
func (l *link) letters(want int) string {
	var arrived []byte
	buf := make([]byte, 1)
	for last, limit := l.now(), long; l.now()-last < limit; time.Sleep(time.Millisecond) {
		for l.receive(buf) {
			arrived, last = append(arrived, buf...), l.now()
		}
		if len(arrived) >= want {
			limit = quiet
		}
	}
	return string(arrived)
}

// sendPaced sends n packets, one each gap, and returns how long each that arrived
// was on its way since it was meant to be sent, in the order in which they did. It
// spins, in a thread on the last CPU.
func (l *link) sendPaced(n int, gap time.Duration) (ways []time.Duration) {
	l.t.Helper()
	runtime.LockOSThread() // for good: the thread ends with the test
	cpus := allowedCPUs(l.t)
	if err := pin(cpus[len(cpus)-1:]); err != nil {
		l.t.Fatal(err)
	}
	stamp, buf := make([]byte, 8), make([]byte, 8)
	for begin, sent, last := l.now(), 0, l.now(); len(ways) < n && l.now()-last < long; {
		if due := begin + time.Duration(sent)*gap; sent < n && l.now() >= due {
			binary.NativeEndian.PutUint64(stamp, uint64(due))
			l.send(stamp)
			sent++
		}
		if l.receive(buf) {
			last = l.now()
			ways = append(ways, last-time.Duration(binary.NativeEndian.Uint64(buf)))
		}
	}
	return ways
}

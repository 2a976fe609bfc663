package faulty

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/forwarder/tun"
)

const (
	// packetLen holds the longest packet, 65535 bytes of IP in an Ethernet frame.
	packetLen = 64<<10 + 64

	// spinFor is how long the loop looks for packets before it sleeps, so that a load
	// of 100 packets a second and more never finds it asleep.
	spinFor = 10 * time.Millisecond
)

// loop moves packets between the devices in one thread. It looks at the clock, the
// queues and the waiting packets in turn and gives its processor to nobody, so that a
// packet leaves within a few µs of its time.
type loop struct {
	line  *line
	armed *atomic.Bool
	aToB  way
	bToA  way

	begin  time.Time
	buf    []byte
	poll   [3]unix.PollFd // queue of A, queue of B, wake
	stop   atomic.Bool
	asleep atomic.Bool // it holds no packet and waits for one
	sleeps uint64

	unpublished bool
	published   published
}

// published is what other goroutines may see of the loop.
type published struct {
	mu         sync.Mutex
	counts     Counts
	aToB, bToA tally
	sleeps     uint64
}

// newLoop prepares a loop between two queues; wake becomes readable when it is to
// look at stop.
func newLoop(a, b *tun.Queue, wake int, l *line, armed *atomic.Bool) *loop {
	return &loop{
		line:  l,
		armed: armed,
		aToB:  way{src: a, dst: b},
		bToA:  way{src: b, dst: a},
		begin: time.Now(),
		buf:   make([]byte, packetLen),
		poll: [3]unix.PollFd{
			{Fd: int32(a.FD()), Events: unix.POLLIN},
			{Fd: int32(b.FD()), Events: unix.POLLIN},
			{Fd: int32(wake), Events: unix.POLLIN},
		},
	}
}

func (l *loop) now() time.Duration { return time.Since(l.begin) }

// run moves packets until stop is set or a device fails. Its thread is pinned to the
// first of cpus, if there is any, and ends with the goroutine.
func (l *loop) run(cpus []int) error {
	runtime.LockOSThread()
	if err := pin(cpus); err != nil {
		return err
	}
	defer l.publish()
	for last := l.now(); !l.stop.Load(); {
		moved, err := l.turn()
		if err != nil {
			return err
		}
		l.unpublished = l.unpublished || moved
		if l.unpublished && l.published.mu.TryLock() { // a reader does not hold it up
			l.copyOut()
		}
		switch now := l.now(); {
		case moved || !l.line.idle(now):
			last = now
		case now-last > spinFor:
			if err := l.sleep(); err != nil {
				return err
			}
			last = l.now()
		}
	}
	return nil
}

func pin(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	return host.PinThread(cpus[0])
}

// turn reads at most one packet from each side, writes all that are due, and says
// whether there were any.
func (l *loop) turn() (moved bool, err error) {
	now := l.now()
	if !l.line.stalled(now) {
		packet, err := l.aToB.read(l.buf)
		if err != nil {
			return false, err
		}
		if packet != nil {
			now, moved = l.now(), true
			l.line.armed = l.armed.Load()
			l.line.enter(now, packet)
		}
	}
	for packet, ok := l.line.leave(now); ok; packet, ok = l.line.leave(now) {
		moved = true
		if err := l.aToB.write(packet); err != nil {
			return moved, err
		}
	}
	packet, err := l.bToA.read(l.buf)
	if packet == nil || err != nil {
		return moved, err
	}
	return true, l.bToA.write(packet)
}

// sleep waits for a packet on either side, or for the end.
func (l *loop) sleep() error {
	l.sleeps++
	l.publish()
	l.asleep.Store(true)
	defer l.asleep.Store(false)
	if _, err := unix.Ppoll(l.poll[:], nil, nil); err != nil && err != unix.EINTR {
		return fmt.Errorf("wait for packets: %w", err)
	}
	return nil
}

// rests says that the loop waits for a packet, and there is none: one that was woken sleeps on until it gets a CPU. Any goroutine may ask.
func (l *loop) rests() bool {
	queues := []unix.PollFd{{Fd: int32(l.aToB.src.FD()), Events: unix.POLLIN}, {Fd: int32(l.bToA.src.FD()), Events: unix.POLLIN}}
	n, err := unix.Poll(queues, 0)
	return err == nil && n == 0 && l.asleep.Load()
}

func (l *loop) publish() {
	l.published.mu.Lock()
	l.copyOut()
}

// copyOut publishes under the lock, and releases it.
func (l *loop) copyOut() {
	defer l.published.mu.Unlock()
	l.unpublished = false
	p := &l.published
	p.counts, p.sleeps = l.line.counts, l.sleeps
	p.aToB, p.bToA = l.aToB.tally.clone(), l.bToA.tally.clone()
}

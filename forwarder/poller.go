package forwarder

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller waits for packets and tells the directions that have some (epoll). What that costs
// does not depend on how many directions there are, only on how many have packets. It
// belongs to one worker.
type poller struct {
	ways   []*direction
	fd     int
	timer  int                 // timerfd that ends naps; -1: none
	ticks  bool                // it does
	events [64]unix.EpollEvent // more come at the next call
}

// napTick is the interval of the timer that ends naps, at its second tick. A timeout of each
// epoll_wait would cost 7 % of the CPU time of a stream.
const napTick = 10 * time.Millisecond

// What events are of, other than of a direction. Nobody reads the timer, nor here the bells,
// so these come once (EPOLLET).
const (
	tickEvent  = -1
	otherEvent = -2
)

// newPoller makes one for the directions, for bells, and for the eventfd wake, which ends every
// wait.
func newPoller(ways []*direction, wake int, bells []int) (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("wait for packets: %w", os.NewSyscallError("epoll_create1", err))
	}
	p := &poller{ways: ways, fd: fd, timer: -1}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for packets: %w", os.NewSyscallError("timerfd_create", err)), p.close())
	}
	err = p.add(p.timer, tickEvent, unix.EPOLLET)
	err = errors.Join(err, p.add(wake, otherEvent, 0))
	for _, bell := range bells {
		err = errors.Join(err, p.add(bell, otherEvent, unix.EPOLLET))
	}
	for i, d := range ways {
		err = errors.Join(err, p.add(d.src.FD(), i, 0))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for packets: %w", err), p.close())
	}
	return p, nil
}

func (p *poller) add(fd, number int, flags uint32) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN | flags, Fd: int32(number)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &event))
}

// look tells the directions without waiting.
func (p *poller) look() error {
	_, err := p.hold(0)
	return err
}

// nap waits for a packet or for the end, and holds the Go scheduler's processor. It gives up,
// and is not ready, after one to two times napTick.
func (p *poller) nap() (ready bool, err error) {
	if err := p.tick(true); err != nil {
		return false, err
	}
	for range 2 {
		if ready, err = p.hold(-1); ready || err != nil {
			break
		}
	}
	return ready, err
}

// hold waits for milliseconds, or for ever if below 0, until anything comes.
func (p *poller) hold(milliseconds int) (ready bool, err error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)),
		uintptr(milliseconds), 0, 0)
	return p.polled(int(n), errno)
}

// sleep waits for a packet or for the end, for ever if longest is below 0, and gives the Go
// scheduler's processor away. It is not ready when that time is over.
func (p *poller) sleep(longest time.Duration) (ready bool, err error) {
	if err := p.tick(false); err != nil {
		return false, err
	}
	milliseconds := -1
	if longest >= 0 {
		milliseconds = int(longest.Milliseconds())
	}
	n, err := unix.EpollWait(p.fd, p.events[:], milliseconds)
	errno, _ := err.(syscall.Errno)
	return p.polled(n, errno)
}

// tick turns the timer on or off.
func (p *poller) tick(on bool) error {
	if p.ticks == on {
		return nil
	}
	p.ticks = on
	var every unix.Timespec // 0: off
	if on {
		every = unix.NsecToTimespec(int64(napTick))
	}
	err := unix.TimerfdSettime(p.timer, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil)
	return os.NewSyscallError("timerfd_settime", err)
}

// polled reports whether there is anything to do.
func (p *poller) polled(n int, errno syscall.Errno) (ready bool, err error) {
	switch errno {
	case 0:
	case unix.EINTR:
		return false, nil
	default:
		return false, fmt.Errorf("wait for packets: %w", os.NewSyscallError("epoll_wait", errno))
	}
	for _, event := range p.events[:n] {
		switch i := int(event.Fd); i {
		case tickEvent:
		case otherEvent:
			ready = true
		default:
			p.ways[i].pace.ready, ready = true, true
		}
	}
	return ready, nil
}

func (p *poller) close() error {
	err := unix.Close(p.fd)
	if p.timer >= 0 {
		err = errors.Join(err, unix.Close(p.timer))
	}
	return os.NewSyscallError("close", err)
}

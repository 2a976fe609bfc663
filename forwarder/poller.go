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
	events [64]unix.EpollEvent // more come at the next call
}

// newPoller makes one for the directions and for the eventfd wake, which ends every wait.
func newPoller(ways []*direction, wake int) (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("wait for packets: %w", os.NewSyscallError("epoll_create1", err))
	}
	p := &poller{ways: ways, fd: fd}
	err = p.add(wake, len(ways))
	for i, d := range ways {
		err = errors.Join(err, p.add(d.src.FD(), i))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for packets: %w", err), p.close())
	}
	return p, nil
}

func (p *poller) add(fd, number int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(number)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &event))
}

// nap sleeps for so long at most, or until the runtime wants the thread, and reports whether
// there is anything to do. It holds the Go scheduler's processor.
func (p *poller) nap(most time.Duration) (ready bool, err error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)),
		uintptr(most.Milliseconds()), 0, 0)
	return p.polled(int(n), errno)
}

// sleep waits for a packet or for the end, without that.
func (p *poller) sleep() error {
	n, err := unix.EpollWait(p.fd, p.events[:], -1)
	errno, _ := err.(syscall.Errno)
	_, err = p.polled(n, errno)
	return err
}

func (p *poller) polled(n int, errno syscall.Errno) (ready bool, err error) {
	switch errno {
	case 0:
	case unix.EINTR:
		return false, nil
	default:
		return false, fmt.Errorf("wait for packets: %w", os.NewSyscallError("epoll_wait", errno))
	}
	for _, event := range p.events[:n] {
		if i := int(event.Fd); i < len(p.ways) {
			p.ways[i].pace.ready = true
		}
	}
	return n > 0, nil
}

func (p *poller) close() error { return os.NewSyscallError("close", unix.Close(p.fd)) }

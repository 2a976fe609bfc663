package wgtun

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// pollable returns a second descriptor of a queue, which the Go scheduler's poller watches and
// its Close wakes.
func pollable(q *tun.Queue) (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(q.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate queue %v: %w", q, os.NewSyscallError("fcntl", err))
	}
	return os.NewFile(uintptr(fd), q.String()), nil
}

// anyOf returns a file that is readable as long as one of the queues has packets (epoll(7): an
// epoll instance may be watched by another).
func anyOf(queues []*tun.Queue) (*os.File, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("wait for several queues: %w", os.NewSyscallError("epoll_create1", err))
	}
	err = os.NewSyscallError("fcntl", unix.SetNonblock(fd, true)) // os.NewFile asks the poller only then
	for _, q := range queues {
		event := unix.EpollEvent{Events: unix.EPOLLIN}
		err = errors.Join(err, os.NewSyscallError("epoll_ctl", unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, q.FD(), &event)))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for several queues: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "queues of "+queues[0].String()), nil
}

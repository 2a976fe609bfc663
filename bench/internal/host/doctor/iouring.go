package doctor

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/ringbuf"
)

// tryIoUring does with the smallest ring what the io_uring engine does with its own: a
// kernel or its policy may refuse any of the three system calls.
func tryIoUring() (err error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("create eventfd: %w", err)
	}
	defer func() { err = errors.Join(err, unix.Close(fd)) }()
	runtime.LockOSThread() // a ring belongs to one thread
	defer runtime.UnlockOSThread()
	ring, err := ringbuf.NewURing(ringbuf.URingConfig{Entries: 1, Files: []int{fd}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ring.Close()) }()
	if err := ring.Enable(); err != nil {
		return err
	}
	counter := make([]byte, 8)
	ring.Read(0, &counter[0], len(counter), unix.RWF_NOWAIT, 0)
	if err := ring.Submit(); err != nil {
		return err
	}
	_, _, _ = ring.Next() // EAGAIN, or on an old kernel that it knows no RWF_NOWAIT here
	ring.Done()
	runtime.KeepAlive(counter)
	return nil
}

func ioUring(m host.Machine, tried error) Check {
	const (
		name    = "io_uring"
		meaning = "the io_uring engine cannot be used"
	)
	if tried == nil {
		return ok(name, "a ring can be used")
	}
	var call *os.SyscallError
	if errors.As(tried, &call) {
		tried = call // the rest is about what helps
	}
	switch {
	case errors.Is(tried, unix.ENOSYS):
		return missing(name, tried.Error(), meaning, "use a kernel with CONFIG_IO_URING")
	case errors.Is(tried, unix.ENOMEM):
		return missing(name, tried.Error(), meaning, "raise the limit of locked memory (ulimit -l)")
	case errors.Is(tried, unix.EMFILE):
		return missing(name, tried.Error(), meaning, "raise the limit of open files (ulimit -n)")
	default:
		return missing(name, tried.Error()+ioUringDisabled(m), meaning,
			"set kernel.io_uring_disabled=0, or allow io_uring_setup, _enter and _register in the seccomp profile of the container")
	}
}

func ioUringDisabled(m host.Machine) string {
	value, err := m.Read("proc/sys/kernel/io_uring_disabled")
	if err != nil {
		return ""
	}
	return ", kernel.io_uring_disabled=" + value
}

package host

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ioUringParamsSize is sizeof(struct io_uring_params), include/uapi/linux/io_uring.h.
const ioUringParamsSize = 120

// tryIoUring sets up the smallest ring and closes it again.
func tryIoUring() error {
	// uint64 for the alignment the kernel's struct asks for.
	var params [ioUringParamsSize / 8]uint64
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}

func (m machine) ioUring(tried error) Check {
	const (
		name    = "io_uring"
		meaning = "the io_uring engine cannot be used"
	)
	switch tried {
	case nil:
		return ok(name, "a ring can be set up")
	case unix.ENOSYS:
		return missing(name, tried.Error(), meaning, "use a kernel with CONFIG_IO_URING")
	case unix.EPERM:
		return missing(name, tried.Error()+m.ioUringDisabled(), meaning,
			"set kernel.io_uring_disabled=0, or allow io_uring_setup in the seccomp profile of the container")
	default:
		return unknown(name, "set up a ring: %v", tried)
	}
}

func (m machine) ioUringDisabled() string {
	value, err := m.read("proc/sys/kernel/io_uring_disabled")
	if err != nil {
		return ""
	}
	return ", kernel.io_uring_disabled=" + value
}

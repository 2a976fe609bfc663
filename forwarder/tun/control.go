package tun

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// control is a socket in the namespace of a device, through which its link is read and
// set from any thread. Its methods are safe for concurrent use.
type control struct {
	mu sync.Mutex // an answer must find who asked
	fd int        // NETLINK_ROUTE, which takes SIOC* too
}

// openControl opens the socket in the current namespace.
func openControl() (*control, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	return &control{fd: fd}, nil
}

// close closes the socket. It may be called again.
func (c *control) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return nil
	}
	fd := c.fd
	c.fd = -1
	return os.NewSyscallError("close", unix.Close(fd))
}

// index returns the interface index of the device of that name, or ErrNotExist.
func (c *control) index(name string) (int, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return 0, fmt.Errorf("device name: %w", err)
	}
	switch err := unix.IoctlIfreq(c.fd, unix.SIOCGIFINDEX, ifr); {
	case errors.Is(err, unix.ENODEV):
		return 0, ErrNotExist
	case err != nil:
		return 0, fmt.Errorf("find device: %w", err)
	}
	return int(ifr.Uint32()), nil
}

// ethtool makes an ethtool ioctl for the device of that name; data is one of the kernel's
// structs for it (include/uapi/linux/ethtool.h).
func (c *control) ethtool(name string, data unsafe.Pointer) error {
	var ifr struct { // struct ifreq, include/uapi/linux/if.h
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(ifr.name[:unix.IFNAMSIZ-1], name)
	ifr.data = data
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(c.fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifr)))
	if errno != 0 {
		return os.NewSyscallError("ethtool ioctl", errno)
	}
	return nil
}

package tun

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// flags are what TUNSETIFF takes for each queue of the device.
func (c *Config) flags() uint16 {
	flags := c.Kind.flag() | unix.IFF_NO_PI | unix.IFF_MULTI_QUEUE
	if c.VnetHdr {
		flags |= unix.IFF_VNET_HDR
	}
	return flags
}

// openQueue opens one more queue of the device and returns its non-blocking fd and the
// device's name.
func openQueue(name string, flags uint16) (fd int, completed string, err error) {
	fd, err = unix.Open(clonePath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, "", fmt.Errorf("open %s: %w", clonePath, err)
	}
	if completed, err = attachQueue(fd, name, flags); err != nil {
		return -1, "", errors.Join(err, unix.Close(fd))
	}
	return fd, completed, nil
}

// attachQueue makes fd a queue of the device and returns the device's name.
func attachQueue(fd int, name string, flags uint16) (string, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return "", fmt.Errorf("device name: %w", err)
	}
	ifr.SetUint16(flags)
	switch err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); {
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EBUSY):
		return "", fmt.Errorf("%w: %w", ErrMismatch, err)
	case err != nil:
		return "", fmt.Errorf("attach (TUNSETIFF): %w", err)
	}
	return ifr.Name(), nil
}

// setVnetHdrLen sets the length of the vnet header, for the whole device.
func setVnetHdrLen(fd, length int) error {
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, length); err != nil {
		return fmt.Errorf("set vnet header length %d: %w", length, err)
	}
	return nil
}

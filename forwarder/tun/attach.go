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

// errExists says that there is a device of the name that create was given.
var errExists = errors.New("device exists")

// create makes a device and returns the fd of its first queue, or errExists.
func create(name string, flags uint16) (fd int, err error) {
	return openQueue(func(fd int) error {
		switch err := setIff(fd, name, flags|unix.IFF_TUN_EXCL); {
		case errors.Is(err, unix.EBUSY):
			return errExists
		case errors.Is(err, unix.EINVAL):
			return ErrName
		case err != nil:
			return fmt.Errorf("create (TUNSETIFF): %w", forbidden(err, "CAP_NET_ADMIN in the network namespace of the device", "run as root, or have root make a device for this user (ip tuntap add … user …)"))
		}
		return nil
	})
}

// loopbackIndex is the interface index of lo in every namespace (LOOPBACK_IFINDEX).
const loopbackIndex = 1

// attach returns the fd of one more queue of the device of that name. Where there is none
// the error is ErrNotExist: TUNSETIFF would make one, but not with the index of another.
func attach(name string, flags uint16) (fd int, err error) {
	return openQueue(func(fd int) error {
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETIFINDEX, loopbackIndex); err != nil {
			return fmt.Errorf("attach (TUNSETIFINDEX): %w", err)
		}
		switch err := setIff(fd, name, flags); {
		case errors.Is(err, unix.EBUSY):
			return ErrNotExist
		case errors.Is(err, unix.EINVAL):
			return fmt.Errorf("%w: it is not a multi-queue device of this kind", ErrMismatch)
		case errors.Is(err, unix.E2BIG):
			return fmt.Errorf("%w: another program has queues of it, and there can be %d in all: end that program or use fewer: %w", ErrMismatch, MaxQueues, err)
		case err != nil:
			return fmt.Errorf("attach (TUNSETIFF): %w", forbidden(err, "CAP_NET_ADMIN in the network namespace of the device, or to be its owner",
				"run as root, or have root make the device for this user (ip tuntap add … user …)"))
		}
		return nil
	})
}

// openQueue opens an fd that set makes a queue of a device.
func openQueue(set func(fd int) error) (int, error) {
	fd, err := openClone(clonePath)
	if err != nil {
		return -1, err
	}
	if err := set(fd); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

func setIff(fd int, name string, flags uint16) error {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("device name: %w", err)
	}
	ifr.SetUint16(flags)
	return unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
}

// nameOf returns the present name of the device that fd is a queue of.
func nameOf(fd int) (string, error) {
	var ifr unix.Ifreq
	if err := unix.IoctlIfreq(fd, unix.TUNGETIFF, &ifr); err != nil {
		return "", fmt.Errorf("get device name: %w", err)
	}
	return ifr.Name(), nil
}

// getVnetHdrLen returns the length of the vnet header, which is the whole device's.
func getVnetHdrLen(fd int) (int, error) {
	length, err := unix.IoctlGetInt(fd, unix.TUNGETVNETHDRSZ)
	if err != nil {
		return 0, fmt.Errorf("get vnet header length: %w", err)
	}
	return length, nil
}

// setVnetHdrLen sets the length of the vnet header, for the whole device.
func setVnetHdrLen(fd, length int) error {
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, length); err != nil {
		return fmt.Errorf("set vnet header length %d: %w", length, err)
	}
	return nil
}

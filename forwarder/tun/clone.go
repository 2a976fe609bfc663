package tun

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const clonePath = "/dev/net/tun"

// CheckClone opens the node of the driver at path, which is usually /dev/net/tun, and
// closes it again. Opening alone makes no device. The error is an *UnsupportedError where
// the node, the permission or the driver is missing, or where the node is another device.
func CheckClone(path string) error {
	fd, err := openClone(path)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// openClone returns a non-blocking fd of the driver, without a device.
func openClone(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, explainClone(path, err)
	}
	// Any file can be opened; only the driver knows its own ioctl.
	if _, err := unix.IoctlGetUint32(fd, unix.TUNGETFEATURES); err != nil {
		return -1, errors.Join(&UnsupportedError{
			Missing: "the TUN driver behind " + path, Remedy: "make the node again: rm " + path + "; mknod " + path + " c 10 200",
			Err: fmt.Errorf("open %s: it is something else: %w", path, err),
		}, unix.Close(fd))
	}
	return fd, nil
}

// explainClone says what helps against an error of opening the node.
func explainClone(path string, err error) error {
	failed := fmt.Errorf("open %s: %w", path, err)
	unsupported := func(remedy string) error {
		return &UnsupportedError{Missing: path, Remedy: remedy, Err: failed}
	}
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return unsupported("modprobe tun, or in a container pass the device in (--device /dev/net/tun)")
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return unsupported("modprobe tun (the node is there, the driver is not)")
	case errors.Is(err, unix.EACCES):
		return unsupported("run as root, or allow this user to open it (and no mount option nodev)")
	case errors.Is(err, unix.EPERM):
		return unsupported("allow character device 10:200 in the device cgroup of the container or unit (--device /dev/net/tun, DeviceAllow=/dev/net/tun)")
	case errors.Is(err, unix.EISDIR):
		return unsupported("put the driver's node in the place of the directory: mknod " + path + " c 10 200")
	}
	return explainLimit(failed)
}

// explainLimit says what helps where this process may have no more open files.
func explainLimit(err error) error {
	if errors.Is(err, unix.EMFILE) {
		return &UnsupportedError{Missing: "more open files than this process may have", Remedy: "raise the limit (ulimit -n), or use fewer queues", Err: err}
	}
	return err
}

package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// tunPath is the clone device of the tun driver, relative to the root
// (Documentation/networking/tuntap.rst).
const tunPath = "dev/net/tun"

// openTUN opens the clone device and closes it again. Opening alone makes no
// netdev, but it fails when the node, its permission or the driver is missing.
func (m machine) openTUN() error {
	fd, err := unix.Open(m.path(tunPath), unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: m.path(tunPath), Err: err}
	}
	return unix.Close(fd)
}

// tunRemedy is what helps against an error of openTUN.
func tunRemedy(err error) string {
	switch {
	case errors.Is(err, unix.ENOENT):
		return "modprobe tun, or in a container pass the device in (--device /dev/net/tun)"
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return "modprobe tun (the node is there, the driver is not)"
	default:
		return "run as root, or allow this user to open it"
	}
}

func (m machine) tunNode() Check {
	const name = "/dev/net/tun"
	if err := m.openTUN(); err != nil {
		return missing(name, cause(err), "no TUN or TAP device can be made", tunRemedy(err))
	}
	return ok(name, "opens")
}

// tunFeatures runs the probe for device features. A probe that fails half way
// still reports what it found.
func tunFeatures(probe func() ([]Check, error)) []Check {
	const name = "TUN features"
	if probe == nil {
		return []Check{unknown(name, "not probed")}
	}
	checks, err := probe()
	if err != nil {
		checks = append(checks, unknown(name, "%v", err))
	}
	return checks
}

// cause is the innermost message of an error about a file: the table names the
// file already.
func cause(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return fmt.Sprint(err)
}

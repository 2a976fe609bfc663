package host

import (
	"errors"
	"fmt"
	"os"

	"tunbench/forwarder/tun"
)

// tunPath is the clone device of the tun driver, relative to the root
// (Documentation/networking/tuntap.rst).
const tunPath = "dev/net/tun"

// openTUN opens the clone device and closes it again; see tun.CheckClone.
func (m machine) openTUN() error { return tun.CheckClone(m.path(tunPath)) }

func (m machine) tunNode() Check {
	const (
		name    = "/dev/net/tun"
		meaning = "no TUN or TAP device can be made"
	)
	var lacks *tun.UnsupportedError
	switch err := m.openTUN(); {
	case errors.As(err, &lacks):
		return missing(name, lacks.Err.Error(), meaning, lacks.Remedy)
	case err != nil:
		return missing(name, err.Error(), meaning, "run as root")
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

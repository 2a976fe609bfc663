package doctor

import (
	"errors"
	"fmt"
	"os"

	"tunbench/bench/internal/host"
	"tunbench/forwarder/tun"
)

func tunNode(m host.Machine) Check {
	const (
		name    = "/dev/net/tun"
		meaning = "no TUN or TAP device can be made"
	)
	var lacks *tun.UnsupportedError
	switch err := m.OpenTUN(); {
	case errors.As(err, &lacks):
		return missing(name, lacks.Err.Error(), meaning, lacks.Remedy)
	case err != nil:
		return missing(name, err.Error(), meaning, "run as root")
	}
	return ok(name, "opens")
}

// tunFeatures says which features of the TUN/TAP driver the kernel took.
func tunFeatures(tried []tun.Feature, err error) []Check {
	if err != nil {
		return []Check{unknown("TUN features", "%v", err)}
	}
	var checks []Check
	for _, f := range tried {
		check := Check{Name: f.Name, State: OK, Found: "supported", Meaning: f.Meaning}
		if !f.Supported {
			check.State, check.Found = Missing, "refused by the kernel"
		}
		checks = append(checks, check)
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

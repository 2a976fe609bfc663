package host

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"

	"tunbench/forwarder"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/ringbuf"
)

// ErrCannot is what errors are (errors.Is) that say what this host or user lacks.
var ErrCannot = errors.New("this host or user cannot do it")

// Cannot reports whether an error says that this host or user cannot do what was asked for,
// so that it would fail again: a kernel, a driver, a permission or a limit is in the way.
// Errors of the library are known here, and those of a limit of open files; all others say so themselves: they are
// ErrCannot.
func Cannot(err error) bool {
	return errors.Is(err, ErrCannot) || errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) ||
		errors.Is(err, forwarder.ErrUnsupported) || errors.Is(err, ringbuf.ErrUnsupported) ||
		errors.As(err, new(*tun.UnsupportedError)) || errors.As(err, new(*steer.UnsupportedError))
}

// Remedy is what helps against an error that does not say so itself; "" if it does, or nothing is known.
func Remedy(err error) string {
	const perProcess = "ulimit -n"
	switch {
	case err == nil || strings.Contains(err.Error(), perProcess):
		return ""
	case errors.Is(err, unix.EMFILE):
		return "raise the limit of open files (" + perProcess + ")"
	case errors.Is(err, unix.ENFILE):
		return "raise the limit of open files of the host (sysctl fs.file-max)"
	}
	return ""
}

// Unfit says that this host or user cannot run a measurement. It is the error
// behind exit code 5.
type Unfit struct {
	Missing string // what is not there, as in "CAP_NET_ADMIN"
	Remedy  string // what to do about it, an imperative
}

// Error is one sentence with the remedy.
func (u *Unfit) Error() string {
	return fmt.Sprintf("this needs %s: %s", u.Missing, u.Remedy)
}

// Is says that it is ErrCannot.
func (u *Unfit) Is(target error) bool { return target == ErrCannot }

// Require returns nil when measurements can run here, or an *Unfit that names
// the first thing missing: /proc, the effective capabilities CAP_NET_ADMIN and
// CAP_SYS_ADMIN, or /dev/net/tun.
func Require() error { return Local().require() }

func (m Machine) require() error {
	none, err := m.LackingCapabilities()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Unfit{Missing: fmt.Sprintf("/proc (%v)", err), Remedy: "mount -t proc proc /proc"}
	case err != nil:
		return fmt.Errorf("read capabilities: %w", err)
	case len(none) > 0:
		return &Unfit{Missing: CapabilityNames(none), Remedy: "run as root"}
	}
	return m.OpenTUN()
}

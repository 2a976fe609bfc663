package tun

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// ErrNotExist says that Config.MustExist was set and there is no such device.
var ErrNotExist = errors.New("no such device")

// ErrMismatch says that there is a device of that name which cannot be opened as asked:
// it is of another kind, made for a single queue only, or another program has queues of
// it open with other flags. The text says which, and what to do.
var ErrMismatch = errors.New("the device cannot be attached to")

// ErrName says that the kernel makes no device of that name.
var ErrName = errors.New("the kernel makes no device of that name: choose another")

// ErrNotNamespace says that Config.NetNS is a path to something else.
var ErrNotNamespace = errors.New("not a network namespace")

// ErrUnsteady says that the device was renamed or moved all the time while it was opened.
var ErrUnsteady = errors.New("the device is renamed or moved all the time")

// ErrChanged says that another program changed what holds for all queues of a device, so
// that packets cannot be read or written as they were.
var ErrChanged = errors.New("another program changed the device")

// UnsupportedError says what this host or user lacks for a device, and what would help.
type UnsupportedError struct {
	Missing string // as in "CAP_NET_ADMIN"
	Remedy  string // what to do about it, an imperative
	Err     error  // what the kernel answered
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%v: this needs %s: %s", e.Err, e.Missing, e.Remedy)
}

// Unwrap returns what the kernel answered.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// forbidden makes an UnsupportedError of an error that is EPERM or EACCES, and leaves
// others as they are.
func forbidden(err error, needed, remedy string) error {
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return &UnsupportedError{Missing: needed, Remedy: remedy, Err: err}
	}
	return err
}

// printable is a name as people can read it: quoted where it holds something else than
// printable characters.
func printable(name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

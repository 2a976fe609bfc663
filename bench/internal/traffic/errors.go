package traffic

import (
	"fmt"

	"tunbench/bench/internal/host"
)

// UnsupportedError says that this host or user cannot run a part of the traffic
// generator, and what would help.
type UnsupportedError struct {
	Feature string // what is missing, as the kernel calls it
	Remedy  string // what to do about it, one clause
	Err     error  // what the kernel answered
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s is not available (%s): %v", e.Feature, e.Remedy, e.Err)
}

// Unwrap returns what the kernel answered.
func (e *UnsupportedError) Unwrap() error { return e.Err }

// Is says that it is host.ErrCannot.
func (e *UnsupportedError) Is(target error) bool { return target == host.ErrCannot }

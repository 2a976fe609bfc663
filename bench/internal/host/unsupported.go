package host

import "fmt"

// UnsupportedError says which feature this host or user does not have, and what would
// help. It is ErrCannot.
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

// Is says that it is ErrCannot.
func (e *UnsupportedError) Is(target error) bool { return target == ErrCannot }

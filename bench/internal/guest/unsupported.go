package guest

import "fmt"

// UnsupportedError says that this host cannot boot a kernel, or cannot have the one that was asked for.
type UnsupportedError struct {
	Missing string // what is not there, as in "qemu-system-x86_64"
	Remedy  string // what to do about it, an imperative
}

// Error is one sentence with the remedy.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("booting a kernel needs %s: %s", e.Missing, e.Remedy)
}

package faults

import (
	"errors"
	"fmt"
)

// Fault is the error that says that this kernel has the fault. Any other error says that it could not be tried.
type Fault struct{ What string }

func (e *Fault) Error() string { return e.What }

func fault(format string, args ...any) error { return &Fault{fmt.Sprintf(format, args...)} }

// errNoUSO says that a kernel takes no superpackets of UDP at all.
var errNoUSO = errors.New("this kernel takes no UDP superpackets (TUN_F_USO4, since 6.2)")

// waitMs is how long what must come back at once is waited for, in milliseconds: only a fault takes so long.
const waitMs = 10_000

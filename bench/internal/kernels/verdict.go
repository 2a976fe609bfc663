package kernels

import (
	"fmt"

	"tunbench/results"
)

// FailedError says that not every command succeeded on every kernel.
type FailedError struct {
	Kernels, Failed int     // how many there were, and on how many something failed
	Codes           []int   // exit codes of commands that ended, but for those that succeeded or panicked
	Panicked        bool    // Go's runtime ended a command, with an exit code that means something else in tunbench
	Ends            []error // why kernels did not come to their end
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("not all succeeded on %d of %s", e.Failed, results.Count(e.Kernels, "kernel"))
}

// verdict is nil if all went well, else a *FailedError.
func verdict(boots []boot) error {
	failed := &FailedError{Kernels: len(boots)}
	for _, b := range boots {
		well := b.err == nil
		if b.err != nil {
			failed.Ends = append(failed.Ends, b.err)
		}
		for _, c := range b.outcome.Commands {
			switch {
			case panicked(c):
				well, failed.Panicked = false, true
			case c.Ended && c.Code != 0:
				well, failed.Codes = false, append(failed.Codes, c.Code)
			}
		}
		if !well {
			failed.Failed++
		}
	}
	if failed.Failed == 0 {
		return nil
	}
	return failed
}

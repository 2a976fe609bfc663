package host

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// PinThread lets the calling thread run on one CPU only, on any it could before if cpu
// is below zero. The caller has locked its thread, and lets it end or keeps it.
func PinThread(cpu int) error {
	if cpu < 0 {
		return nil
	}
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin thread to CPU %d: %w", cpu, os.NewSyscallError("sched_setaffinity", err))
	}
	return nil
}

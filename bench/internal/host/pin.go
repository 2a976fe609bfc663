package host

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// PinThread lets the calling thread run on one CPU only, on any it could before if cpu
// is below zero. The caller is on a thread of [OnOwnThread], or locked its thread and gives
// the CPUs back.
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

// OnCPUs calls f, on a thread that may run on these CPUs only: a process that f starts
// inherits that. None are all CPUs.
func OnCPUs(cpus []int, f func() error) error {
	if len(cpus) == 0 {
		return f()
	}
	var before, wanted unix.CPUSet
	for _, cpu := range cpus {
		wanted.Set(cpu)
	}
	runtime.LockOSThread()
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("read CPU affinity: %w", os.NewSyscallError("sched_getaffinity", err))
	}
	if err := unix.SchedSetaffinity(0, &wanted); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("run on CPUs %v: %w", cpus, os.NewSyscallError("sched_setaffinity", err))
	}
	err := f()
	if back := unix.SchedSetaffinity(0, &before); back != nil {
		// The thread stays locked: it must not serve other goroutines.
		return errors.Join(err, fmt.Errorf("give CPUs back: %w", os.NewSyscallError("sched_setaffinity", back)))
	}
	runtime.UnlockOSThread()
	return err
}

package measure

import (
	"fmt"

	"github.com/prometheus/procfs"
)

// processReading is what a process has used up to one moment, all its threads
// together. A process that is not there has used nothing.
type processReading struct {
	runNs        uint64  // on a CPU, exact; softirq work in its context included
	user, system float64 // clock ticks: sampled, so only their ratio is used
	switches     uint64  // context switches, voluntary and not
	syscalls     uint64  // read and write calls; others are not counted by the kernel
}

// readProcess reads /proc/<pid>; 0 is no process.
func readProcess(pid int) (processReading, error) {
	var r processReading
	if pid == 0 {
		return r, nil
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return r, fmt.Errorf("open /proc: %w", err)
	}
	threads, err := fs.AllThreads(pid)
	if err != nil {
		return r, fmt.Errorf("list threads of process %d: %w", pid, err)
	}
	for _, t := range threads {
		sched, err := t.Schedstat()
		if err != nil {
			continue // ended since it was listed
		}
		r.runNs += sched.RunningNanoseconds
		if status, err := t.NewStatus(); err == nil {
			r.switches += status.TotalCtxtSwitches()
		}
	}
	return r, r.readWhole(fs, pid)
}

// readWhole reads what the kernel keeps for the process as a whole.
func (r *processReading) readWhole(fs procfs.FS, pid int) error {
	p, err := fs.Proc(pid)
	if err != nil {
		return fmt.Errorf("find process %d: %w", pid, err)
	}
	stat, err := p.Stat()
	if err != nil {
		return fmt.Errorf("read stat of process %d: %w", pid, err)
	}
	r.user, r.system = float64(stat.UTime), float64(stat.STime)
	// Kernels without CONFIG_TASK_IO_ACCOUNTING have no such file: not countable.
	if io, err := p.IO(); err == nil {
		r.syscalls = io.SyscR + io.SyscW
	}
	return nil
}

// residentBytes is the memory that a process occupies; 0 is no process.
func residentBytes(pid int) (int64, error) {
	if pid == 0 {
		return 0, nil
	}
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, fmt.Errorf("find process %d: %w", pid, err)
	}
	stat, err := p.Stat()
	if err != nil {
		return 0, fmt.Errorf("read stat of process %d: %w", pid, err)
	}
	return int64(stat.ResidentMemory()), nil
}

package measure

import (
	"fmt"

	"github.com/prometheus/procfs"
)

// processReading is what a process has used up to one moment. A process that is not
// there has used nothing.
type processReading struct {
	threads      map[int]threadReading // by thread ID
	user, system float64               // clock ticks: sampled, so only their ratio is used
	syscalls     uint64                // read and write calls; others are not counted by the kernel
}

// threadReading is what one thread has used.
type threadReading struct {
	runNs    uint64 // on a CPU, exact; softirq work in its context included
	switches uint64 // context switches, voluntary and not
}

// processUse is what a process used between two readings.
type processUse struct {
	runNs, busiestNs uint64 // of all threads, of the one that ran most
	switches         uint64
	user, system     float64
	syscalls         uint64
}

// since returns what was used after prev. A thread that ended in between is left out.
func (r processReading) since(prev processReading) processUse {
	u := processUse{user: r.user - prev.user, system: r.system - prev.system, syscalls: r.syscalls - prev.syscalls}
	for id, t := range r.threads {
		ran := t.runNs - prev.threads[id].runNs
		u.runNs += ran
		u.busiestNs = max(u.busiestNs, ran)
		u.switches += t.switches - prev.threads[id].switches
	}
	return u
}

// readProcess reads /proc/<pid>; 0 is no process.
func readProcess(pid int) (processReading, error) {
	r := processReading{threads: map[int]threadReading{}}
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
		thread := threadReading{runNs: sched.RunningNanoseconds}
		if status, err := t.NewStatus(); err == nil {
			thread.switches = status.TotalCtxtSwitches()
		}
		r.threads[t.PID] = thread
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

package host

import (
	"fmt"

	"github.com/prometheus/procfs"
)

// ProcessTime is what a process has used up to one moment. A process that is not
// there has used nothing.
type ProcessTime struct {
	threads      map[int]threadTime // by thread ID
	user, system float64            // clock ticks: sampled, so only their ratio is used
	syscalls     uint64             // read and write calls; others are not counted by the kernel
}

// threadTime is what one thread has used.
type threadTime struct {
	runNs    uint64 // on a CPU, exact; softirq work in its context included
	switches uint64 // context switches, voluntary and not
}

// ProcessUse is what a process used between two readings.
type ProcessUse struct {
	RunNs, BusiestNs uint64  // on a CPU, exact: of all threads, of the one that ran most
	UserShare        float64 // of RunNs, from samples of the timer tick; negative: none fell into it
	Switches         uint64  // context switches, voluntary and not
	Syscalls         uint64  // read and write calls; others are not counted by the kernel
}

// Sub returns what was used after prev. A thread that ended in between is left out.
func (r ProcessTime) Sub(prev ProcessTime) ProcessUse {
	u := ProcessUse{UserShare: -1, Syscalls: r.syscalls - prev.syscalls}
	user, system := r.user-prev.user, r.system-prev.system
	if sampled := user + system; sampled > 0 {
		u.UserShare = user / sampled
	}
	for id, t := range r.threads {
		ran := t.runNs - prev.threads[id].runNs
		u.RunNs += ran
		u.BusiestNs = max(u.BusiestNs, ran)
		u.Switches += t.switches - prev.threads[id].switches
	}
	return u
}

// ReadProcessTime reads /proc/<pid>; 0 is no process.
func ReadProcessTime(pid int) (ProcessTime, error) {
	r := ProcessTime{threads: map[int]threadTime{}}
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
		thread := threadTime{runNs: sched.RunningNanoseconds}
		if status, err := t.NewStatus(); err == nil {
			thread.switches = status.TotalCtxtSwitches()
		}
		r.threads[t.PID] = thread
	}
	return r, r.readWhole(fs, pid)
}

// readWhole reads what the kernel keeps for the process as a whole.
func (r *ProcessTime) readWhole(fs procfs.FS, pid int) error {
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

// ResidentBytes is the memory that a process occupies; 0 is no process.
func ResidentBytes(pid int) (int64, error) {
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

package host

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/procfs"
)

// ProcessTime is what some processes have used up to one moment. A process that is not there has used nothing.
type ProcessTime struct {
	threads map[int]threadTime // by thread ID
	wholes  map[int]wholeTime  // by process ID
	ran     time.Duration      // of all, also those that ended; 0: nobody keeps it
}

// SetWhole says what all of the processes ran, also those that ended, where somebody keeps that.
func (r *ProcessTime) SetWhole(ran time.Duration) { r.ran = ran }

// wholeTime is what the kernel keeps for a process as a whole.
type wholeTime struct {
	user, system float64 // clock ticks: sampled, so only their ratio is used
	syscalls     uint64  // read and write calls; others are not counted by the kernel
}

// threadTime is what one thread has used.
type threadTime struct {
	runNs    uint64 // on a CPU, exact; softirq work in its context included
	switches uint64 // context switches, voluntary and not
}

// ProcessUse is what processes used between two readings.
type ProcessUse struct {
	RunNs, BusiestNs uint64  // on a CPU, exact: of all threads, of the one that ran most
	UserShare        float64 // of RunNs, from samples of the timer tick; negative: none fell into it
	Switches         uint64  // context switches, voluntary and not
	Syscalls         uint64  // read and write calls; others are not counted by the kernel
}

// Sub returns what was used after prev. A thread or process that ended in between is left out, unless somebody keeps the whole.
func (r ProcessTime) Sub(prev ProcessTime) ProcessUse {
	u := ProcessUse{UserShare: -1}
	var user, system float64
	for id, p := range r.wholes {
		user += p.user - prev.wholes[id].user
		system += p.system - prev.wholes[id].system
		u.Syscalls += p.syscalls - prev.wholes[id].syscalls
	}
	if sampled := user + system; sampled > 0 {
		u.UserShare = user / sampled
	}
	for id, t := range r.threads {
		ran := t.runNs - prev.threads[id].runNs
		u.RunNs += ran
		u.BusiestNs = max(u.BusiestNs, ran)
		u.Switches += t.switches - prev.threads[id].switches
	}
	if r.ran > 0 && prev.ran > 0 {
		u.RunNs = uint64(r.ran - prev.ran)
	}
	return u
}

// ReadProcessTime reads /proc/<pid> of each process. Of several, those that are gone are left out.
func ReadProcessTime(pids ...int) (ProcessTime, error) {
	r := ProcessTime{threads: map[int]threadTime{}, wholes: map[int]wholeTime{}}
	if len(pids) == 0 {
		return r, nil
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return r, fmt.Errorf("open /proc: %w", err)
	}
	return r, eachProcess(pids, func(pid int) error { return r.read(fs, pid) })
}

// eachProcess does f for each of several processes; that some are gone is no error, that all are is.
func eachProcess(pids []int, f func(pid int) error) error {
	var errs []error
	for _, pid := range pids {
		if err := f(pid); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) < len(pids) {
		return nil
	}
	return errors.Join(errs...)
}

func (r *ProcessTime) read(fs procfs.FS, pid int) error {
	threads, err := fs.AllThreads(pid)
	if err != nil {
		return fmt.Errorf("list threads of process %d: %w", pid, err)
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
	return r.readWhole(fs, pid)
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
	whole := wholeTime{user: float64(stat.UTime), system: float64(stat.STime)}
	// Kernels without CONFIG_TASK_IO_ACCOUNTING have no such file: not countable.
	if io, err := p.IO(); err == nil {
		whole.syscalls = io.SyscR + io.SyscW
	}
	r.wholes[pid] = whole
	return nil
}

// ResidentBytes is the memory that processes occupy. Of several, those that are gone are left out.
func ResidentBytes(pids ...int) (total int64, err error) {
	err = eachProcess(pids, func(pid int) error {
		p, err := procfs.NewProc(pid)
		if err != nil {
			return fmt.Errorf("find process %d: %w", pid, err)
		}
		stat, err := p.Stat()
		if err != nil {
			return fmt.Errorf("read stat of process %d: %w", pid, err)
		}
		total += int64(stat.ResidentMemory())
		return nil
	})
	return total, err
}

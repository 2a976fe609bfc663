package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Activity is what the threads of a process are about.
type Activity int

// What they can be about.
const (
	Working  Activity = iota // one at least runs, or would if it had a CPU
	Sleeping                 // all wait for something to happen
	Stopped                  // all are stopped by a signal or a debugger: nothing can happen
)

// ReadActivity looks at every thread of some processes once. One that ends meanwhile has nothing to do. Stopped are several if one is and none
// runs: what comes next hangs on it.
func ReadActivity(pids ...int) (Activity, error) {
	all := Sleeping
	err := eachProcess(pids, func(pid int) error {
		one, err := readActivity(pid)
		switch {
		case err != nil:
			return err
		case all == Working || one == Working:
			all = Working
		case one == Stopped:
			all = Stopped
		}
		return nil
	})
	if err != nil {
		return Working, err
	}
	return all, nil
}

// HasEnded reports whether a process has, also one whose parent has not taken note of it yet.
func HasEnded(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	state := threadState(string(stat))
	return state == 'Z' || state == 'X'
}

// ReadRan returns for how long processes have run on CPUs by now, all their threads and those that ended. One that is gone has not.
func ReadRan(pids ...int) (ran time.Duration) {
	const whole = 2 // CPUCLOCK_SCHED, of all threads: clock_getcpuclockid(3)
	for _, pid := range pids {
		var ts unix.Timespec
		if unix.ClockGettime(int32(^pid<<3|whole), &ts) == nil {
			ran += time.Duration(ts.Nano())
		}
	}
	return ran
}

func readActivity(pid int) (Activity, error) {
	folder := fmt.Sprintf("/proc/%d/task", pid)
	threads, err := os.ReadDir(folder)
	if err != nil {
		return Working, fmt.Errorf("list threads of process %d: %w", pid, err)
	}
	stopped, sleeping := 0, 0
	for _, thread := range threads {
		stat, err := os.ReadFile(filepath.Join(folder, thread.Name(), "stat"))
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ESRCH):
			sleeping++
			continue
		case err != nil:
			return Working, fmt.Errorf("look at a thread of process %d: %w", pid, err)
		}
		switch threadState(string(stat)) {
		case 'T', 't':
			stopped++
		case 'S', 'I', 'Z', 'X':
			sleeping++
		}
	}
	switch {
	case stopped > 0 && stopped+sleeping == len(threads):
		return Stopped, nil
	case sleeping == len(threads):
		return Sleeping, nil
	}
	return Working, nil
}

// threadState is the third field of proc_pid_stat(5): it stands behind the name, which
// may have anything in it.
func threadState(stat string) byte {
	behind := stat[strings.LastIndex(stat, ")")+1:]
	if len(behind) < 2 || behind[0] != ' ' {
		return 0
	}
	return behind[1]
}

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Activity is what the threads of a process are about.
type Activity int

// What they can be about.
const (
	Working  Activity = iota // one at least runs, or would if it had a CPU
	Sleeping                 // all wait for something to happen
	Stopped                  // all are stopped by a signal or a debugger: nothing can happen
)

// ReadActivity looks at every thread of a process once. One that ends meanwhile has
// nothing to do.
func ReadActivity(pid int) (Activity, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*/stat", pid))
	if err != nil || len(files) == 0 {
		return Working, fmt.Errorf("list threads of process %d: %w", pid, errors.Join(err, fs.ErrNotExist))
	}
	stopped, sleeping := 0, 0
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			sleeping++
			continue
		}
		switch threadState(string(stat)) {
		case 'T', 't':
			stopped++
		case 'S', 'I', 'Z', 'X':
			sleeping++
		}
	}
	switch {
	case stopped > 0 && stopped+sleeping == len(files):
		return Stopped, nil
	case sleeping == len(files):
		return Sleeping, nil
	}
	return Working, nil
}

// threadState is the third field of proc_pid_stat(5): it stands behind the name, which
// may have anything in it.
func threadState(stat string) byte {
	_, behind, found := cutLast(stat, ") ")
	if !found || behind == "" {
		return 0
	}
	return behind[0]
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

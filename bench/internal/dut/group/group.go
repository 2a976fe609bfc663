// Package group keeps the processes of a program together, also those that leave their parent: in a control group (v1 or v2, whichever this
// process may make one in) or, where there is none, by following the process tree.
package group

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Group is the processes that one command started, with all that these started. Its methods may be called from any goroutine.
type Group interface {
	// Start starts the command in the group. The caller's goroutine is locked to its thread until the command has ended, if the command is
	// to be told of the thread's end (Pdeathsig).
	Start(cmd *exec.Cmd) error

	// Processes returns the IDs of the processes that are alive.
	Processes() []int

	// CPUTime returns the CPU time of all processes, also of those that ended; false if the system does not keep it.
	CPUTime() (time.Duration, bool)

	// How says in words what keeps the processes together.
	How() string

	// remove takes the group away when it is empty.
	remove() error
	// kill sends SIGKILL to all.
	kill() error
}

// New returns an empty group. mark is NAME=VALUE, an environment variable that the commands of the group have and
// no other process. The last element of VALUE, a path, names the group.
func New(mark string) Group {
	name := filepath.Base(mark)
	if g, err := newV2(name); err == nil {
		return g
	}
	if g, err := newV1(name); err == nil {
		return g
	}
	return newTree(mark)
}

// Clean ends the processes of a group whose maker is dead.
func Clean(mark string) error {
	name := filepath.Base(mark)
	errs := []error{End(&tree{mark: mark})}
	if g, err := findV2(name); err == nil {
		errs = append(errs, End(g))
	}
	if g, err := findV1(name); err == nil {
		errs = append(errs, End(g))
	}
	return errors.Join(errs...)
}

const (
	endPatience = 10 * time.Second
	endPause    = 2 * time.Millisecond
)

// End kills what is left of a group and removes it. That a process is still there after ten seconds is an error.
func End(g Group) error {
	for begun := time.Now(); ; time.Sleep(endPause) {
		pids := g.Processes()
		if len(pids) == 0 {
			return g.remove()
		}
		if time.Since(begun) > endPatience {
			return fmt.Errorf("end the program: processes %v are still there %v after SIGKILL", pids, endPatience)
		}
		if err := g.kill(); err != nil {
			return fmt.Errorf("end the program: %w", err)
		}
	}
}

// killAll sends SIGKILL to processes, some of which may be gone.
func killAll(pids []int) error {
	for _, pid := range pids {
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("kill process %d: %w", pid, err)
		}
	}
	return nil
}

// makeFolder makes a control group of that name in a folder of them.
func makeFolder(parent, name string) (string, error) {
	folder := filepath.Join(parent, name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return "", fmt.Errorf("make a control group: %w", err)
	}
	return folder, nil
}

// removeFolder removes an empty control group, which stays busy for a moment after its last process.
func removeFolder(folder string) error {
	for begun := time.Now(); ; time.Sleep(endPause) {
		err := unix.Rmdir(folder)
		switch {
		case err == nil, errors.Is(err, unix.ENOENT):
			return nil
		case !errors.Is(err, unix.EBUSY) || time.Since(begun) > endPatience:
			return fmt.Errorf("remove control group %s: %w", folder, err)
		}
	}
}

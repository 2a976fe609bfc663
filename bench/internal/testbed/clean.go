package testbed

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// namePrefix starts the name of every namespace of a Testbed: tb-<pid>-<role>.
const namePrefix = "tb-"

func namespaceName(pid string, r role) string {
	return namePrefix + pid + "-" + string(rune(r))
}

// ownerOf returns the process id in the name of a Testbed's namespace.
func ownerOf(name string) (pid string, ok bool) {
	rest, ok := strings.CutPrefix(name, namePrefix)
	if !ok {
		return "", false
	}
	pid, last, ok := strings.Cut(rest, "-")
	return pid, ok && isDigits(pid) && (last == "a" || last == "b" || last == "r")
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Clean removes what dead processes left behind: namespaces named exactly
// tb-<digits>-a, -b or -r whose process no longer holds its lock, and the lock
// files. It returns the names of the namespaces removed, sorted, also when there
// is an error. What belongs to a live process, this one included, stays.
func Clean() ([]string, error) {
	pids, err := knownPIDs()
	if err != nil {
		return nil, err
	}
	var removed []string
	var errs []error
	for _, pid := range pids {
		names, err := cleanAfter(pid)
		removed = append(removed, names...)
		errs = append(errs, err)
	}
	slices.Sort(removed)
	return removed, errors.Join(errs...)
}

// Runs lists the namespaces of every Testbed on this host, sorted: those of live
// processes and those that dead ones left behind. It removes nothing.
func Runs() (live, dead []string, err error) {
	entries, err := os.ReadDir(netnsDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("list network namespaces: %w", err)
	}
	for _, e := range entries {
		pid, ok := ownerOf(e.Name())
		if !ok {
			continue
		}
		lock, err := seizeLock(pid)
		switch {
		case err != nil:
			return nil, nil, err
		case lock == nil:
			live = append(live, e.Name())
			continue
		}
		if err := lock.release(); err != nil {
			return nil, nil, err
		}
		dead = append(dead, e.Name())
	}
	return live, dead, nil
}

// knownPIDs lists every process id that a namespace or a lock file names.
func knownPIDs() ([]string, error) {
	pids, err := lockedPIDs()
	if err != nil {
		return nil, fmt.Errorf("list lock files: %w", err)
	}
	entries, err := os.ReadDir(netnsDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list network namespaces: %w", err)
	}
	for _, e := range entries {
		if pid, ok := ownerOf(e.Name()); ok {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// cleanAfter removes the namespaces of one process if it is dead. While it holds
// the lock, no process with that id can create any.
func cleanAfter(pid string) (removed []string, err error) {
	lock, err := seizeLock(pid)
	if lock == nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	for _, r := range []role{roleA, roleB, roleR} {
		name := namespaceName(pid, r)
		found, removeErr := removeName(name)
		if found && removeErr == nil {
			removed = append(removed, name)
		}
		err = errors.Join(err, removeErr)
	}
	return removed, err
}

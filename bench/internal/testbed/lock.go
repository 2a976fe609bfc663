package testbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lockDir holds one file for each process that has a Testbed up.
const lockDir = "/run/tunbench"

const lockSuffix = ".lock"

// processLock is an flock(2) on the file of one process id. A process holds it
// shared, once for each Testbed; who gets it exclusively knows that the process
// is dead, because the kernel releases locks at death and a reused id has none.
// Only the holder of the exclusive lock unlinks the file.
type processLock struct{ f *os.File }

func lockPath(pid string) string { return filepath.Join(lockDir, pid+lockSuffix) }

// holdLock marks the process as alive until release. It waits for a Clean that is
// just looking at the remains of an earlier process with the same id.
func holdLock(pid string) (*processLock, error) {
	l, err := lockFile(pid, unix.LOCK_SH)
	if err != nil {
		return nil, fmt.Errorf("hold lock of process %s: %w", pid, err)
	}
	return l, nil
}

// seizeLock takes the lock of a dead process; nil means that the process lives.
func seizeLock(pid string) (*processLock, error) {
	l, err := lockFile(pid, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("seize lock of process %s: %w", pid, err)
	}
	return l, nil
}

// release gives the lock back and removes its file if nobody else holds it.
func (l *processLock) release() error {
	err := flock(l.f, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil && isLinked(l.f) {
		err = os.Remove(l.f.Name())
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = nil
	}
	return errors.Join(err, l.f.Close())
}

// lockFile opens and locks the file until both happened to the same inode: it can
// be unlinked in between.
func lockFile(pid string, how int) (*processLock, error) {
	if err := os.MkdirAll(lockDir, 0o755); err != nil {
		return nil, refusedRun(err)
	}
	for {
		f, err := os.OpenFile(lockPath(pid), os.O_RDONLY|os.O_CREATE, 0o600)
		if err != nil {
			return nil, refusedRun(err)
		}
		if err := flock(f, how); err != nil {
			f.Close()
			return nil, err
		}
		if isLinked(f) {
			return &processLock{f}, nil
		}
		f.Close()
	}
}

// isLinked reports whether the open file is still the one of its name.
func isLinked(f *os.File) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(f.Name())
	return err == nil && os.SameFile(open, named)
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// lockedPIDs lists the process ids that have a lock file, alive or not.
func lockedPIDs() ([]string, error) {
	entries, err := os.ReadDir(lockDir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var pids []string
	for _, e := range entries {
		if pid, ok := strings.CutSuffix(e.Name(), lockSuffix); ok && isDigits(pid) {
			pids = append(pids, pid)
		}
	}
	return pids, err
}

package program

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folderPrefix begins the name of every folder that programs are built in.
const folderPrefix = "tunbench-builds-"

// folder is a temporary folder that is known to be in use as long as its process lives: the process holds a lock (flock(2)) on it, which
// the kernel releases at death.
type folder struct {
	path string
	lock *os.File
}

// makeFolder makes a folder, and once more where a [Clean] took it for a dead process's before it was locked.
func makeFolder() (*folder, error) {
	for {
		path, err := os.MkdirTemp("", folderPrefix)
		if err != nil {
			return nil, err
		}
		lock, err := seize(path)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(path))
		}
		if lock != nil {
			return &folder{path: path, lock: lock}, nil
		}
	}
}

// remove removes the folder with all that is in it, and only then lets go of it.
func (f *folder) remove() error { return errors.Join(os.RemoveAll(f.path), f.lock.Close()) }

// Clean removes the folders below the temporary one (TMPDIR) in which processes built that are dead, and returns their paths. Those of live
// processes, and of other users, stay.
func Clean() (removed []string, err error) {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("look for builds left behind: %w", err)
	}
	var errs []error
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), folderPrefix) {
			continue
		}
		path := filepath.Join(os.TempDir(), entry.Name())
		lock, err := seize(path)
		if lock == nil {
			errs = append(errs, err)
			continue
		}
		if err := (&folder{path: path, lock: lock}).remove(); err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, path)
	}
	if err := errors.Join(errs...); err != nil {
		return removed, fmt.Errorf("remove builds left behind: %w", err)
	}
	return removed, nil
}

// seize locks a folder of this user; nil if a live process has it, or it is gone.
func seize(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	free, err := tryLock(f)
	if err == nil && free && mine(f, path) {
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}

// tryLock says whether the lock was free and is had now.
func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("lock %s: %w", f.Name(), err)
		default:
			return true, nil
		}
	}
}

// mine says whether an open folder is this user's and still the one of its name.
func mine(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(path)
	if err != nil || !os.SameFile(open, named) {
		return false
	}
	stat, ok := open.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

package program

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// folderPrefix begins the name of every folder.
const folderPrefix = "tunbench-"

// Purpose says what a temporary folder is for. It is a part of the folder's name.
type Purpose string

// The purposes.
const (
	ForBuilds Purpose = "builds"
	ForScene  Purpose = "scene" // of a program under test
)

// Folder is a temporary folder of this user. Its process holds a lock (flock(2)) on it, which the kernel releases
// when the process dies, so that [Clean] can tell which folders are in use.
type Folder struct {
	path string
	lock *os.File
}

// Path returns the absolute path of the folder.
func (f *Folder) Path() string { return f.path }

// MakeFolder makes a folder and locks it. It tries again if a concurrent [Clean] removed the folder before it was
// locked.
func MakeFolder(purpose Purpose) (*Folder, error) {
	for {
		path, err := os.MkdirTemp("", folderPrefix+string(purpose)+"-")
		if err != nil {
			return nil, err
		}
		lock, err := seize(path)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(path))
		}
		if lock != nil {
			return &Folder{path: path, lock: lock}, nil
		}
	}
}

// Remove removes the folder with everything in it, and then releases the lock.
func (f *Folder) Remove() error { return errors.Join(os.RemoveAll(f.path), f.lock.Close()) }

// Clean removes the temporary folders (TMPDIR) of processes that are dead, and returns their paths. It leaves
// folders of live processes and of other users alone. Before a folder is removed, clean ends the processes that
// may still work in it; if clean fails, the folder stays.
func Clean(clean func(path string) error) (removed []string, err error) {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("look for folders left behind: %w", err)
	}
	var errs []error
	for _, entry := range entries {
		if !entry.IsDir() || !isFolder(entry.Name()) {
			continue
		}
		path := filepath.Join(os.TempDir(), entry.Name())
		lock, err := seize(path)
		if lock == nil {
			errs = append(errs, err)
			continue
		}
		if err := clean(path); err != nil {
			errs = append(errs, err, lock.Close())
			continue
		}
		if err := (&Folder{path: path, lock: lock}).Remove(); err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, path)
	}
	if err := errors.Join(errs...); err != nil {
		return removed, fmt.Errorf("remove folders left behind: %w", err)
	}
	return removed, nil
}

// isFolder says whether a name is one that MakeFolder gives.
func isFolder(name string) bool {
	return strings.HasPrefix(name, folderPrefix+string(ForBuilds)+"-") || strings.HasPrefix(name, folderPrefix+string(ForScene)+"-")
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

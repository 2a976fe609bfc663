package gate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// File is a file that is written as a whole or not at all. It replaces one of that name. A nil *File takes nothing in.
type File struct {
	path string
	done bool
}

// CreateFile finds out, before anything is measured, whether the file can be written, and leaves nothing behind meanwhile: the measurement
// may be killed. "" is no file. Either Commit or Discard must follow.
func CreateFile(path string) (*File, error) {
	if path == "" {
		return nil, nil
	}
	if target, err := filepath.EvalSymlinks(path); err == nil && target != filepath.Clean(path) {
		if strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/") {
			return nil, fmt.Errorf("write %s: it is a file that somebody has open, want the name of one", path)
		}
		path = target // the link stays
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("write %s: it is no file", path)
	}
	probe, err := tempBeside(path)
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &File{path: path}, nil
}

// tempBeside makes a file that can be renamed to path.
func tempBeside(path string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
}

// Commit gives the file its content and its name. After Discard it does nothing.
func (f *File) Commit(content []byte) error {
	if f == nil || f.done {
		return nil
	}
	f.done = true
	temp, err := tempBeside(f.path)
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}

// Discard leaves things as they were. After Commit it does nothing.
func (f *File) Discard() error {
	if f != nil {
		f.done = true
	}
	return nil
}

package gate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is a file that is written as a whole or not at all. It replaces one of that name. A nil *File takes nothing in.
type File struct {
	path string
	temp *os.File // beside it; nil when done
}

// CreateFile finds out, before anything is measured, whether the file can be written. "" is no file. Either Commit or Discard must follow.
func CreateFile(path string) (*File, error) {
	if path == "" {
		return nil, nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("write %s: it is no file", path)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return &File{path: path, temp: temp}, nil
}

// Commit gives the file its content and its name.
func (f *File) Commit(content []byte) error {
	if f == nil {
		return nil
	}
	_, err := f.temp.Write(content)
	err = errors.Join(err, f.temp.Chmod(0o644), f.temp.Sync(), f.temp.Close())
	if err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.temp.Name()))
	}
	f.temp = nil
	if err != nil {
		return fmt.Errorf("write %s: %w", f.path, err)
	}
	return nil
}

// Discard leaves things as they were. After Commit it does nothing.
func (f *File) Discard() error {
	if f == nil || f.temp == nil {
		return nil
	}
	err := errors.Join(f.temp.Close(), os.Remove(f.temp.Name()))
	f.temp = nil
	if err != nil {
		return fmt.Errorf("discard %s: %w", f.path, err)
	}
	return nil
}

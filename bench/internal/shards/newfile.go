package shards

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// WriteNew makes a file that appears under its name when it is whole, or not at all. If something has that name the error satisfies
// [fs.ErrExist].
func WriteNew(path string, write func(io.Writer) error) error {
	err := Free(path)
	if err == nil {
		err = writeBeside(path, 0o644, write, rename)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Replace makes a file in the place of one that may be there, which stays as it is until the new one is whole.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := writeBeside(path, mode, write, os.Rename); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// writeBeside writes a file under another name in the same folder, and gives it its own when it is whole.
func writeBeside(path string, mode fs.FileMode, write func(io.Writer) error, rename func(from, to string) error) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(temp, 1<<20)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = errors.Join(temp.Chmod(mode), temp.Sync())
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Free returns an error if something has a name.
func Free(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%w: choose another name, or move or remove it", fs.ErrExist)
		}
		return err
	}
	return nil
}

// rename never replaces a file, where the file system can do that.
func rename(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		if err := Free(to); err != nil {
			return err
		}
		return os.Rename(from, to)
	}
	return err
}

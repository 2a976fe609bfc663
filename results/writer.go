package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Writer appends records to a result file, which it holds a lock (flock(2)) on until [Writer.Close] or the death of its process. It is for
// one goroutine. Whatever fails, the file holds whole lines only.
type Writer struct {
	file   file
	length int64 // of the whole lines
	last   Kind  // of the record written last
	broken error // the file may be torn: nothing more is written
}

// file is what a Writer needs of an [*os.File] opened with O_APPEND.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// Errors of a record out of its order: a [Host] comes first and once, nothing but a [ShardEnd] after an [End].
var (
	errHostFirst = errors.New("a file begins with its host record")
	errHostTwice = errors.New("a file has one host record")
	errEnded     = errors.New("the file has its end record")
)

// Create makes a result file. It never overwrites: if the path exists the error satisfies [fs.ErrExist].
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create result file: %w: %s", err, insteadOf(path))
	}
	if err != nil {
		return nil, fmt.Errorf("create result file: %w", err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("create result file: %w", err)
	}
	return &Writer{file: f}, nil
}

// insteadOf says what to do where something has the name of a new result file. Only of a file that is one can it be to remove it.
func insteadOf(path string) string {
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.IsDir():
		return "it is a folder, want the name of a new file, such as one in it"
	case err == nil && !info.Mode().IsRegular():
		return "it is a link, a device or a pipe, want the name of a new file"
	}
	return "choose another name, or move or remove it"
}

// Write appends one record with one write(2) and brings it to the disk. If that fails (disk full), what was written of the line is cut off
// again; a later Write may be tried. After [Writer.Close] the error is [fs.ErrClosed].
func (w *Writer) Write(r Record) error {
	if w.broken != nil {
		return fmt.Errorf("write %s record: %w", r.Kind(), w.broken)
	}
	if err := w.order(r.Kind()); err != nil {
		return fmt.Errorf("write %s record: %w", r.Kind(), err)
	}
	line, err := Encode(r)
	if err != nil {
		return err
	}
	if _, err := w.file.Write(line); err != nil {
		return fmt.Errorf("write %s record: %w", r.Kind(), errors.Join(err, w.cut()))
	}
	w.length += int64(len(line))
	w.last = r.Kind()
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("sync result file: %w", err)
	}
	return nil
}

// order says whether a record may come next.
func (w *Writer) order(next Kind) error {
	switch {
	case w.last == KindEnd && next == KindShardEnd:
	case w.last == KindEnd, w.last == KindShardEnd:
		return errEnded
	case w.last == "" && next != KindHost:
		return errHostFirst
	case w.last != "" && next == KindHost:
		return errHostTwice
	}
	return nil
}

// cut removes a torn line.
func (w *Writer) cut() error {
	if err := w.file.Truncate(w.length); err != nil {
		w.broken = fmt.Errorf("cut off a torn line: %w", err)
		return w.broken
	}
	return nil
}

// Close closes the file. Closing twice is no error.
func (w *Writer) Close() error {
	if w.broken == fs.ErrClosed {
		return nil
	}
	w.broken = fs.ErrClosed
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("close result file: %w", err)
	}
	return nil
}

package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Resume opens a result file whose run ended before its time, so that more can be appended: end records and a torn last line are cut off, all
// other lines stay. The file must be readable by [Read]. One that is still being written is an [*InUseError]. Before anything is changed
// check sees what the file holds: if it returns an error the file stays as it is, and that is the error.
func Resume(path string, check func(*File) error) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("open result file: %w", err)
	}
	w, err := resume(f, check)
	if err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

func resume(f *os.File, check func(*File) error) (*Writer, error) {
	if err := lockFile(f); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read result file: %w", err)
	}
	file, err := Read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read result file %s: %w", f.Name(), err)
	}
	if file.Merge != nil {
		return nil, fmt.Errorf("%s is a merged file: nothing can be added to it", f.Name())
	}
	if err := check(file); err != nil {
		return nil, err
	}
	kept := withoutBlankEnd(wholeLines(withoutBlankEnd(text)))
	for range file.ends() {
		kept = withoutBlankEnd(kept[:lastLine(kept)])
	}
	if err := f.Truncate(int64(len(kept))); err != nil {
		return nil, fmt.Errorf("cut off the end record: %w", err)
	}
	return &Writer{file: f, length: int64(len(kept)), last: KindHost}, nil
}

// ends is the number of records that close the file.
func (f *File) ends() (n int) {
	if f.End != nil {
		n++
	}
	if f.ShardEnd != nil {
		n++
	}
	return n
}

// wholeLines is the text without a torn last line.
func wholeLines(text []byte) []byte {
	last := lastLine(text)
	if line := text[last:]; !bytes.HasSuffix(line, []byte("\n")) || !json.Valid(line) {
		return text[:last]
	}
	return text
}

// withoutBlankEnd is the text without the empty lines at its end.
func withoutBlankEnd(text []byte) []byte {
	for len(text) > 0 {
		last := lastLine(text)
		if len(bytes.TrimSpace(text[last:])) > 0 {
			break
		}
		text = text[:last]
	}
	return text
}

// lastLine is where the last line begins, be it whole or torn.
func lastLine(text []byte) int {
	return bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n') + 1
}

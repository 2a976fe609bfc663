package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Resume opens a result file whose run ended before its time, so that more can be appended: an end record and a torn last line are cut off, all
// other lines stay. The file must be readable by [Read].
func Resume(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("open result file: %w", err)
	}
	w, err := resume(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("resume result file %s: %w", path, err)
	}
	return w, nil
}

func resume(f *os.File) (*Writer, error) {
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	file, err := Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	kept := wholeLines(text)
	if file.End != nil {
		kept = kept[:lastLine(kept)]
	}
	if err := f.Truncate(int64(len(kept))); err != nil {
		return nil, fmt.Errorf("cut off the end record: %w", err)
	}
	return &Writer{file: f, length: int64(len(kept)), last: KindHost}, nil
}

// wholeLines is the text without a torn last line.
func wholeLines(text []byte) []byte {
	last := lastLine(text)
	if line := text[last:]; !bytes.HasSuffix(line, []byte("\n")) || !json.Valid(line) {
		return text[:last]
	}
	return text
}

// lastLine is where the last line begins, be it whole or torn.
func lastLine(text []byte) int {
	return bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n') + 1
}

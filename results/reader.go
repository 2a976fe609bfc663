package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Warning is something odd about a file that can be read all the same.
type Warning struct {
	Line int // from 1
	Text string
}

// String implements [fmt.Stringer].
func (w Warning) String() string { return fmt.Sprintf("line %d: %s", w.Line, w.Text) }

// LineError is a line that cannot be read.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap implements the errors protocol.
func (e *LineError) Unwrap() error { return e.Err }

// SchemaError is a record of a schema that this version cannot read.
type SchemaError struct{ Schema int }

// Error implements error.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("record of schema %d, newer than %d: read it with a newer tunbench", e.Schema, Schema)
}

// ErrForeign is a line of JSON, or of something else, that no tunbench wrote.
var ErrForeign = errors.New("not a tunbench record")

// ReadFile reads a result file by its path; see [Read].
func ReadFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open result file: %w", err)
	}
	defer f.Close()
	read, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("read result file %s: %w", path, err)
	}
	return read, nil
}

// Read reads a result file. A torn last line (without a newline, or not JSON) is skipped with a warning, as is a missing end. Any other
// line that is not a record in its place is a [*LineError]: around a [*SchemaError] if it comes from a newer schema, around [ErrForeign] if
// no tunbench wrote it. Lines may be of any length. Unknown fields are ignored.
func Read(r io.Reader) (*File, error) {
	in := bufio.NewReader(r)
	file := &File{}
	line, number := []byte(nil), 0
	for {
		next, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read line %d: %w", number+1, err)
		}
		last := err == io.EOF && len(next) == 0
		if number > 0 {
			if err := file.add(line, number, last); err != nil {
				return nil, err
			}
		}
		if last {
			return file.finish(number)
		}
		line, number = next, number+1
	}
}

// add takes one line into the file; last says that no byte follows it.
func (f *File) add(line []byte, number int, last bool) error {
	if last && (!bytes.HasSuffix(line, []byte("\n")) || !json.Valid(line)) {
		f.Warnings = append(f.Warnings, Warning{number, "the last line is torn and was skipped"})
		return nil
	}
	if err := f.decode(line, number); err != nil {
		return &LineError{number, err}
	}
	return nil
}

// decode takes one whole line into the file.
func (f *File) decode(line []byte, number int) error {
	var h struct {
		Schema *int  `json:"schema"`
		Record *Kind `json:"record"`
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	switch {
	case h.Schema == nil || h.Record == nil || *h.Schema < 1:
		return fmt.Errorf("%w: no schema or no record type", ErrForeign)
	case *h.Schema > Schema:
		return &SchemaError{*h.Schema}
	case number == 1 && *h.Record != KindHost:
		return errHostFirst
	case f.End != nil:
		return errEnded
	}
	switch *h.Record {
	case KindHost:
		if number > 1 {
			return errHostTwice
		}
		return take[Host](f, line)
	case KindCalibration:
		return take[Calibration](f, line)
	case KindTrial:
		return take[Trial](f, line)
	case KindSearch:
		return take[Search](f, line)
	case KindBurst:
		return take[Burst](f, line)
	case KindSoak:
		return take[Soak](f, line)
	case KindComparison:
		return take[Comparison](f, line)
	case KindSweep:
		return take[Sweep](f, line)
	case KindEnd:
		return take[End](f, line)
	}
	return fmt.Errorf("%w: unknown record type %q", ErrForeign, *h.Record)
}

func take[R Record](f *File, line []byte) error {
	var record R
	if err := json.Unmarshal(line, &record); err != nil {
		return fmt.Errorf("decode %s record: %w", record.Kind(), err)
	}
	f.Add(record)
	return nil
}

// finish checks the file as a whole after its last line.
func (f *File) finish(lines int) (*File, error) {
	switch {
	case lines == 0:
		return nil, &LineError{1, fmt.Errorf("%w: the file is empty", errHostFirst)}
	case lines == 1 && len(f.Warnings) > 0:
		return nil, &LineError{1, fmt.Errorf("%w: its only line is torn or foreign", errHostFirst)}
	case f.End == nil:
		f.Warnings = append(f.Warnings, Warning{lines, "no end record: the run was cut off, or is still going on"})
	case f.End.Trials != len(f.Trials):
		f.Warnings = append(f.Warnings, Warning{
			lines, fmt.Sprintf("the end record speaks of %d trials, the file has %d", f.End.Trials, len(f.Trials)),
		})
	}
	return f, nil
}

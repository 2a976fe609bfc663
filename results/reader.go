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
// no tunbench wrote it. Lines may be of any length. Unknown fields, empty lines and a byte order mark are ignored.
func Read(r io.Reader) (*File, error) {
	in := bufio.NewReader(r)
	if err := checkEncoding(in); err != nil {
		return nil, &LineError{1, err}
	}
	f := &reading{whole: &File{}}
	f.file = f.whole
	line, number := []byte(nil), 0 // the last one that is not empty, which may be torn
	for read := 1; ; read++ {
		next, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read line %d: %w", read, err)
		}
		empty := len(bytes.TrimSpace(next)) == 0
		last := err == io.EOF && empty
		if number > 0 && (!empty || last) {
			if err := f.add(line, number, last); err != nil {
				return nil, err
			}
		}
		if last {
			return f.finish(number)
		}
		if !empty {
			line, number = next, read
		}
	}
}

// reading is a file of which some lines were read.
type reading struct {
	file  *File // that the next record goes to: a shard, if whole is a merged file
	whole *File
	begun bool // it has its host record
}

// add takes one line into the file; last says that no other follows it.
func (f *reading) add(line []byte, number int, last bool) error {
	if last && (!bytes.HasSuffix(line, []byte("\n")) || !json.Valid(line)) {
		f.file.warn(number, "the last line is torn and was skipped")
		return nil
	}
	if err := f.decode(line, number); err != nil {
		return &LineError{number, err}
	}
	return nil
}

// decode takes one whole line into the file.
func (f *reading) decode(line []byte, number int) error {
	schema, kind, ok := begin(line)
	if !ok {
		var h struct {
			Schema *int  `json:"schema"`
			Record *Kind `json:"record"`
		}
		if err := json.Unmarshal(line, &h); err != nil {
			return foreign(line, err)
		}
		if h.Schema == nil || h.Record == nil || *h.Schema < 1 {
			return fmt.Errorf("%w: no schema or no record type", ErrForeign)
		}
		schema, kind = *h.Schema, *h.Record
	}
	if schema > Schema {
		return &SchemaError{schema}
	}
	if err := f.place(kind, number); err != nil {
		return err
	}
	return f.take(kind, line)
}

// begin reads the header of a line that begins as [Encode] writes it, which is faster than to decode the line once more for it; ok is false for
// any other line.
func begin(line []byte) (schema int, kind Kind, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"schema":`))
	if !ok || len(rest) < 2 || rest[0] < '1' || rest[0] > '9' {
		return 0, "", false
	}
	schema = int(rest[0] - '0')
	rest, ok = bytes.CutPrefix(rest[1:], []byte(`,"record":"`))
	name, _, closed := bytes.Cut(rest[:min(len(rest), 32)], []byte(`"`))
	return schema, Kind(name), ok && closed
}

// place says whether a record may come next, and begins the next shard of a merged file.
func (f *reading) place(kind Kind, number int) error {
	merged := f.whole.Merge != nil
	switch {
	case kind == KindMerge && (merged || f.begun):
		return errMergeFirst
	case kind == KindMerge:
		return nil
	case kind == KindHost && merged:
		return f.nextShard(number)
	case merged && len(f.whole.Shards) == 0:
		return errShardFirst
	case !f.begun && kind != KindHost:
		return errHostFirst
	case f.begun && kind == KindHost:
		before := errHostTwice
		if f.file.End != nil {
			before = errEnded
		}
		return fmt.Errorf("%w, and here another result file begins: split this one before the line, or put files together with tunbench merge", before)
	case kind == KindShardEnd && f.file.End != nil && f.file.Shard != nil && f.file.ShardEnd == nil:
		return nil
	case kind == KindShardEnd:
		return errShardEnd
	case f.file.End != nil:
		return fmt.Errorf("%w already: what stands behind it was written by another run", errEnded)
	}
	f.begun = true
	return nil
}

// nextShard begins a shard of a merged file.
func (f *reading) nextShard(number int) error {
	if f.file != f.whole {
		f.file.finish(number - 1)
		if f.file.Shard == nil {
			return errShardFirst
		}
	}
	f.file = &File{}
	f.whole.Shards = append(f.whole.Shards, f.file)
	f.begun = true
	return nil
}

// take decodes a line as a record of its kind.
func (f *reading) take(kind Kind, line []byte) error {
	switch kind {
	case KindHost:
		return take[Host](f.file, line)
	case KindCalibration:
		return take[Calibration](f.file, line)
	case KindTrial:
		return take[Trial](f.file, line)
	case KindSearch:
		return take[Search](f.file, line)
	case KindBurst:
		return take[Burst](f.file, line)
	case KindSoak:
		return take[Soak](f.file, line)
	case KindComparison:
		return take[Comparison](f.file, line)
	case KindSweep:
		return take[Sweep](f.file, line)
	case KindGate:
		return take[Gate](f.file, line)
	case KindBisect:
		return take[Bisect](f.file, line)
	case KindEnd:
		return take[End](f.file, line)
	case KindShard:
		return take[Shard](f.file, line)
	case KindShardEnd:
		return take[ShardEnd](f.file, line)
	case KindMerge:
		return take[Merge](f.file, line)
	}
	return fmt.Errorf("%w: unknown record type %q", ErrForeign, kind)
}

func take[R Record](f *File, line []byte) error {
	var record R
	err := json.Unmarshal(line, &record)
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return foreign(line, err)
	}
	if err != nil {
		return fmt.Errorf("decode %s record: %w", record.Kind(), err)
	}
	f.Add(record)
	return nil
}

// finish checks the file as a whole after its last line.
func (f *reading) finish(lines int) (*File, error) {
	whole := f.whole
	switch {
	case lines == 0:
		return nil, &LineError{1, fmt.Errorf("%w: the file is empty", errHostFirst)}
	case whole.Merge == nil && !f.begun:
		return nil, &LineError{lines, fmt.Errorf("%w: its only line is torn or foreign", errHostFirst)}
	}
	if whole.Merge == nil || f.file != whole {
		f.file.finish(lines)
	}
	if whole.Merge != nil && len(whole.Merge.Shards) != len(whole.Shards) {
		whole.warn(lines, fmt.Sprintf("the merge record speaks of %s, the file has %d", Count(len(whole.Merge.Shards), "shard"), len(whole.Shards)))
	}
	if f.file != whole && f.file.Shard == nil {
		return nil, &LineError{lines, errShardFirst}
	}
	return whole, nil
}

// finish checks the records of one run after the last of them.
func (f *File) finish(lines int) {
	switch {
	case f.End == nil:
		f.warn(lines, "no end record: the run was cut off, or is still going on")
	case f.End.Trials != len(f.Trials):
		f.warn(lines, fmt.Sprintf("the end record speaks of %s, the file has %d", Count(f.End.Trials, "trial"), len(f.Trials)))
	case f.Shard != nil && f.ShardEnd == nil:
		f.warn(lines, "no shard_end record: the shard is incomplete")
	}
}

func (f *File) warn(line int, text string) { f.Warnings = append(f.Warnings, Warning{line, text}) }

package campaign

import (
	"errors"
	"fmt"
	"io"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// records is where the records of a measurement go: to a file, to somebody as JSON Lines, and into memory for the table.
type records struct {
	file   results.File
	trials int
	writer *results.Writer // nil without a file
	lines  io.Writer       // nil if nobody wants them
}

// errNothingMissing says that the file to be resumed is whole.
var errNothingMissing = errors.New("nothing is missing")

// open makes the result file before anything is measured, so that a name that is taken costs nobody two minutes, and begins it with the
// record of the host; or goes on with one.
func (s *session) open() (*records, error) {
	if s.Resume {
		return s.resume()
	}
	keep := &records{lines: s.Lines}
	if s.Out != "" {
		var err error
		if keep.writer, err = results.Create(s.Out); err != nil {
			return nil, err
		}
	}
	if err := keep.write(host.Fingerprint(s.Args)); err != nil {
		return nil, errors.Join(err, keep.close())
	}
	return keep, nil
}

// resume goes on with a result file whose measurement ended before its time, if the work agrees: else it stays as it is. JSON Lines are those
// that are added.
func (s *session) resume() (*records, error) {
	if s.agrees == nil {
		return nil, usage("this kind of work cannot be resumed")
	}
	keep := &records{lines: s.Lines}
	var err error
	keep.writer, err = results.Resume(s.Out, func(file *results.File) error {
		keep.file, keep.trials = *file, len(file.Trials)
		err := s.agrees(file)
		if errors.Is(err, errNothingMissing) {
			s.out.File = file
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	keep.file.End, keep.file.Warnings = nil, nil
	return keep, nil
}

func (r *records) write(record results.Record) error {
	if r.writer != nil {
		if err := r.writer.Write(record); err != nil {
			return err
		}
	}
	r.keep(record)
	if r.lines == nil {
		return nil
	}
	line, err := results.Encode(record)
	if err != nil {
		return err
	}
	if _, err := r.lines.Write(line); err != nil {
		return fmt.Errorf("print record: %w", err)
	}
	return nil
}

// trial is write for those who record trials.
func (r *records) trial(t results.Trial) error { return r.write(t) }

// keep remembers what the table shows. The intervals of a soak are not part of it: there is no end to them.
func (r *records) keep(record results.Record) {
	t, isTrial := record.(results.Trial)
	if isTrial {
		r.trials++
	}
	if !isTrial || t.Phase != results.PhaseInterval {
		r.file.Add(record)
	}
}

// series are the trials of one series.
func (r *records) series(number int) []results.Trial {
	var trials []results.Trial
	for _, t := range r.file.Trials {
		if t.Series == number {
			trials = append(trials, t)
		}
	}
	return trials
}

func (r *records) close() error {
	if r.writer == nil {
		return nil
	}
	return r.writer.Close()
}

package campaign

import (
	"errors"
	"fmt"
	"io"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// records takes the records of a measurement: it writes them to the result file, prints them as JSON Lines, and
// keeps them for the table.
type records struct {
	file   results.File
	trials int
	writer *results.Writer // nil without a file
	lines  io.Writer       // nil if nobody wants them
}

// errNothingMissing says that the file to be resumed is whole.
var errNothingMissing = errors.New("nothing is missing")

// open makes the result file and writes the record of the host, before anything is measured, so that a name that
// is taken is found out at once. With Resume it continues the file instead.
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
	if err := s.begin(keep); err != nil {
		return nil, errors.Join(err, keep.close())
	}
	return keep, nil
}

// begin writes what stands before all measurements.
func (s *session) begin(keep *records) error {
	here := host.Fingerprint(s.Args)
	if err := keep.write(here); err != nil || s.Share == nil {
		return err
	}
	shard, err := s.Share.record(here)
	if err != nil {
		return err
	}
	return keep.write(shard)
}

// resume continues a result file whose measurement was interrupted, if the work agrees with it; else the file is
// left as it is. Only new records are printed as JSON Lines.
func (s *session) resume() (*records, error) {
	if s.agrees == nil {
		return nil, usage("this kind of work cannot be resumed")
	}
	keep := &records{lines: s.Lines}
	var err error
	keep.writer, err = results.Resume(s.Out, func(file *results.File) error {
		keep.file, keep.trials = *file, len(file.Trials)
		if s.Share != nil {
			if err := s.sameShard(file); err != nil {
				return err
			}
		}
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
	s.resumed = time.Now().UTC()
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
	return results.Print(r.lines, record)
}

// trial is write for those who record trials.
func (r *records) trial(t results.Trial) error { return r.write(t) }

// keep remembers the records that the table shows. The intervals of a soak are left out, as there is no limit to
// their number.
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

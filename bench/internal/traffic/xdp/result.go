package xdp

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
)

// progress reads how far the run has come.
func (x *Generator) progress() (run generatorProgress, err error) {
	if err := x.collection.Variables[generatorVarRun].Get(&run); err != nil {
		return run, fmt.Errorf("read progress: %w", err)
	}
	return run, nil
}

// result returns what the last run offered. The error is the errno with which the
// device refused frames.
func (x *Generator) result(t task) (load.Sent, error) {
	run, err := x.progress()
	if err != nil {
		return load.Sent{}, err
	}
	s := load.Sent{
		Start:        int64(run.Start),
		Offered:      run.Emitted,
		OfferedBytes: run.Bytes,
		Duration:     t.elapsed(run),
		Restarts:     x.restarts,
	}
	refusal := x.addRefusals(&s)
	s.Offered -= min(s.Refused, s.Offered)
	if t.Paced != 0 {
		s.Intended = uint64(min(t.sched.DueBy(int64(s.Duration)), int64(t.Packets)))
	}
	if s.Intended > s.Offered {
		s.NotOffered = s.Intended - s.Offered
	}
	if err := x.addState(&s, t); err != nil {
		return s, err
	}
	return s, refusal
}

// elapsed returns the time that the load was spread over: as long as was meant,
// unless it was stopped before.
func (t *task) elapsed(run generatorProgress) time.Duration {
	ran := time.Duration(run.End - run.Start)
	if run.Start != 0 && run.End == 0 { // the kernel ended the run, not the program
		ran = time.Duration(thread.Now() - int64(run.Start))
	}
	switch {
	case t.Paced == 0:
		return max(ran, 1)
	case run.Emitted == t.Packets:
		return min(t.spread, max(time.Duration(thread.Now()-int64(run.Start)), 1))
	}
	return min(t.spread, max(ran, 1))
}

// addRefusals adds what the device did not take, and returns the reason that
// lasts, if there is one.
func (x *Generator) addRefusals(s *load.Sent) error {
	var refused generatorRefusals
	if err := x.collection.Variables[generatorVarRefused].Get(&refused); err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	s.RingDropped = refused.RingFull
	var reason error
	for i, n := range refused.Errors {
		if n == 0 {
			continue
		}
		if s.Errors == nil {
			s.Errors = make(map[unix.Errno]uint64)
		}
		errno := unix.Errno(i)
		s.Errors[errno] = n
		s.Refused += n
		reason = fmt.Errorf("redirect to device %d: %w", x.cfg.Redirect.IfIndex, errno)
	}
	return reason
}

// addState adds sequence numbers and lateness.
func (x *Generator) addState(s *load.Sent, t task) error {
	var cursor ebpf.MapBatchCursor
	keys := make([]uint32, x.cfg.Flows)
	s.NextSeq = make([]uint64, x.cfg.Flows)
	_, err := x.collection.Maps[generatorMapNextSeq].BatchLookup(&cursor, keys, s.NextSeq, nil)
	if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) { // which marks the end
		return fmt.Errorf("read sequence numbers: %w", err)
	}
	if t.Paced == 0 {
		return nil
	}
	var counts [histogram.Buckets]int64
	if err := x.collection.Variables[generatorVarLateness].Get(&counts); err != nil {
		return fmt.Errorf("read lateness: %w", err)
	}
	s.Lateness = histogram.Import(counts[:])
	return nil
}

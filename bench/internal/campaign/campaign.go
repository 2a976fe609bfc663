package campaign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// Campaign is where plans are carried out: what a process knows besides the plan.
type Campaign struct {
	Args     []string                     // the command line, for the record of the host
	Out      string                       // the result file; "" is none
	Resume   bool                         // go on with Out, which an interrupted measurement of the same plan left
	Lines    io.Writer                    // takes every record as JSON Lines; nil is nobody
	Warn     func(text string)            // is told what is lost on this host
	Progress func(steps int) *ui.Progress // shows a number of steps, or [ui.Unknown] ones
}

// Outcome is what came of a plan.
type Outcome struct {
	File     *results.File // all records but the intervals of a soak; nil if there are none
	Whole    bool          // nothing was missing in the file that was to be resumed
	Gate     gate.Report   // of a Gate
	SelfTest gate.SelfTest // of a SelfTest
}

// task is a measurement that is ready to begin.
type task func(ctx context.Context, keep *records) error

// Run measures what a plan says. The outcome has what was measured also where there is an error.
func (c Campaign) Run(ctx context.Context, p Plan) (out Outcome, err error) {
	s := &session{Campaign: c, ctx: ctx, tester: p.Tester, out: &out}
	if s.fitted, s.options, err = c.fit(p); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	measure, err := p.Work.prepare(s)
	if err != nil {
		return out, err
	}
	keep, err := s.open()
	switch {
	case errors.Is(err, errNothingMissing):
		out.Whole = true
		return out, nil
	case err != nil:
		return out, err
	}
	out.File = &keep.file
	return out, record(ctx, keep, measure)
}

// record runs a measurement, writes the last record of the file, and closes it.
func record(ctx context.Context, keep *records, measure task) (err error) {
	defer func() { err = errors.Join(err, keep.close()) }()
	runErr := measure(ctx, keep)
	if runErr == nil {
		runErr = interrupted(ctx, context.Cause(ctx), keep.trials) // no success, not even in its last moment
	}
	end := results.End{Time: time.Now().UTC(), Status: results.Completed, Trials: keep.trials}
	if reason := cutShort(ctx, runErr); reason != nil {
		end.Status, end.Reason = results.Interrupted, reason.Error()
	}
	return errors.Join(runErr, keep.write(end))
}

// cutShort says why a measurement ended before its time; nil if it came to its end, whatever failed on the way.
func cutShort(ctx context.Context, err error) error {
	var failed *trialsFailed
	var trial *measure.TrialError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &failed), errors.As(err, &trial):
		return nil
	}
	return err
}

// interrupted adds to an error how far things went, if that is what ended them.
func interrupted(ctx context.Context, err error, trials int) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("interrupted after %s: %w", results.Count(trials, "trial"), err)
}

// trialsFailed is a measurement that came to its end, though not every trial did.
type trialsFailed struct{ failed, trials int }

func (e *trialsFailed) Error() string {
	return fmt.Sprintf("%d of %s failed", e.failed, results.Count(e.trials, "trial"))
}

// UsageError is a plan, or a file to be resumed, that contradicts itself or what is there.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap implements the errors protocol.
func (e *UsageError) Unwrap() error { return e.Err }

func usage(format string, args ...any) error { return &UsageError{Err: fmt.Errorf(format, args...)} }

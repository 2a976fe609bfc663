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

// Campaign carries out plans. Its fields are what this process knows beside the plan.
type Campaign struct {
	Args     []string                     // the command line, for the record of the host
	Out      string                       // the result file; "" is none
	Resume   bool                         // continue the file Out, which an interrupted measurement of the same plan left
	Lines    io.Writer                    // takes every record as JSON Lines; may be nil
	Warn     func(text string)            // takes a sentence about what this host cannot do as asked
	Progress func(steps int) *ui.Progress // shows a number of steps, or [ui.Unknown] ones
	Share    *Share                       // the plan is measured on many machines; else nil
}

// Outcome is the result of carrying out a plan.
type Outcome struct {
	File     *results.File // all records but the intervals of a soak; nil if there are none
	Whole    bool          // the file that was to be resumed is complete
	Gate     gate.Report   // of a Gate
	SelfTest gate.SelfTest // of a SelfTest
	Bisected *Bisected     // of a Bisect; nil before its commits are known
}

// task is a measurement that is ready to begin.
type task func(ctx context.Context, keep *records) error

// Run carries out a plan. If there is an error, the outcome still has what was measured before it.
func (c Campaign) Run(ctx context.Context, p Plan) (out Outcome, err error) {
	s := &session{Campaign: c, ctx: ctx, tester: p.Tester, out: &out}
	if s.fitted, s.options, err = c.fit(ctx, p); err != nil {
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
	return out, s.carryOut(ctx, keep, measure)
}

// carryOut runs a measurement, writes the last records of the file, and closes it.
func (s *session) carryOut(ctx context.Context, keep *records, measure task) (err error) {
	defer func() { err = errors.Join(err, keep.close()) }()
	runErr := measure(ctx, keep)
	if runErr == nil {
		runErr = interrupted(ctx, context.Cause(ctx), keep.trials) // no success, not even in its last moment
	}
	end := results.End{Time: time.Now().UTC(), Status: results.Completed, Trials: keep.trials}
	if reason := cutShort(ctx, runErr); reason != nil {
		end.Status, end.Reason = results.Interrupted, reason.Error()
	}
	if err := keep.write(end); err != nil || s.Share == nil || end.Status != results.Completed {
		return errors.Join(runErr, err)
	}
	return errors.Join(runErr, keep.write(results.ShardEnd{
		Ended: time.Now().UTC(), Exit: s.Share.Exit(*s.out, runErr), Trials: keep.trials, Resumed: s.resumed,
	}))
}

// cutShort returns the reason why a measurement ended early; nil if it was completed, even if trials failed.
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

// interrupted adds to an error the number of trials that were measured, if ctx ended the measurement.
func interrupted(ctx context.Context, err error, trials int) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("interrupted after %s: %w", results.Count(trials, "trial"), err)
}

// trialsFailed says that a measurement was completed, but some of its trials failed.
type trialsFailed struct{ failed, trials int }

func (e *trialsFailed) Error() string {
	return fmt.Sprintf("%d of %s failed", e.failed, results.Count(e.trials, "trial"))
}

// UsageError says that a plan contradicts itself, or the file that is to be resumed.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap implements the errors protocol.
func (e *UsageError) Unwrap() error { return e.Err }

func usage(format string, args ...any) error { return &UsageError{Err: fmt.Errorf(format, args...)} }

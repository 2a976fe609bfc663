package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// output are the flags of every command that measures.
type output struct {
	out   string
	json  bool
	quiet bool
}

func (o *output) add(flags *pflag.FlagSet) {
	flags.VarP(newFile{&o.out}, "output", "o", "keep the records in a new `file` (JSON Lines)")
	flags.BoolVar(&o.json, "json", false, "print the records as JSON Lines instead of the table")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
}

func (a *app) progress(o output, steps int) *ui.Progress {
	return ui.NewProgress(a.stderr, steps, ui.ProgressOptions{Quiet: o.quiet || a.terminal.dumb, NoColor: a.terminal.noColor})
}

// recorded runs a measurement between the first and the last record of a file, and
// prints what came of it, also when it failed or was interrupted.
func (a *app) recorded(ctx context.Context, o output, measure func(*records) error) error {
	keep, err := a.openRecords(o)
	if err != nil {
		return err
	}
	if err := keep.write(host.Fingerprint(a.args)); err != nil {
		return errors.Join(err, keep.close())
	}
	return a.record(ctx, o, keep, measure)
}

// record does what recorded does with records that have their first, and closes them.
func (a *app) record(ctx context.Context, o output, keep *records, measure func(*records) error) (err error) {
	defer func() { err = errors.Join(err, keep.close()) }()
	runErr := measure(keep)
	if runErr == nil {
		runErr = interrupted(ctx, context.Cause(ctx), keep.trials) // no success, not even in its last moment
	}
	end := results.End{Time: time.Now().UTC(), Status: results.Completed, Trials: keep.trials}
	if reason := cutShort(ctx, runErr); reason != nil {
		end.Status, end.Reason = results.Interrupted, reason.Error()
	}
	if err := keep.write(end); err != nil {
		return errors.Join(runErr, err)
	}
	if !o.json {
		if err := a.printTable(&keep.file); err != nil {
			return errors.Join(runErr, err)
		}
	}
	return runErr
}

// cutShort says why a measurement ended before its time; nil if it came to its end,
// whatever failed on the way.
func cutShort(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case is[*trialsFailed](err), is[*measure.TrialError](err):
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

// trialsFailed is a run that came to its end, though not every trial did.
type trialsFailed struct{ failed, trials int }

func (e *trialsFailed) Error() string {
	return fmt.Sprintf("%d of %s failed", e.failed, results.Count(e.trials, "trial"))
}

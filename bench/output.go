package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// output are the flags of every command that measures.
type output struct {
	out   string
	json  bool
	quiet bool
}

// tester are the flags of the commands that measure a device under test.
type tester struct {
	dropReasons  bool
	uncalibrated bool
}

func (o *tester) add(flags *pflag.FlagSet) {
	flags.BoolVar(&o.dropReasons, "drop-reasons", false, "ask the kernel why it dropped packets (costs it time)")
	flags.BoolVar(&o.uncalibrated, "no-calibration", false, "do not measure first what the tester can do (saves two seconds per load)")
}

func (o *output) add(flags *pflag.FlagSet) {
	flags.StringVarP(&o.out, "output", "o", "", "keep the records in a new `file` (JSON Lines)")
	flags.BoolVar(&o.json, "json", false, "print the records as JSON Lines instead of the table")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
}

func (a *app) progress(o output, steps int) *ui.Progress {
	return ui.NewProgress(a.stderr, steps, ui.ProgressOptions{Quiet: o.quiet, NoColor: a.noColor})
}

// recorded runs a measurement between the first and the last record of a file, and
// prints what came of it, also when it failed or was interrupted.
func (a *app) recorded(ctx context.Context, o output, measure func(*records) error) (err error) {
	keep, err := a.openRecords(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keep.close()) }()
	if err := keep.write(host.Fingerprint(a.args)); err != nil {
		return err
	}
	runErr := measure(keep)
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
	return fmt.Errorf("interrupted after %d trials: %w", trials, err)
}

// trialsFailed is a run that came to its end, though not every trial did.
type trialsFailed struct{ failed, trials int }

func (e *trialsFailed) Error() string {
	return fmt.Sprintf("%d of %d trials failed", e.failed, e.trials)
}

// fit makes the scenarios what this host can do, and says on standard error and in
// every record what is lost by it.
func (a *app) fit(scenarios []scenario.Scenario, o tester) ([]scenario.Scenario, measure.Options, error) {
	options := measure.Options{DropReasons: o.dropReasons}
	if err := host.Require(); err != nil {
		return nil, options, err
	}
	fitted, lost, err := measure.Fit(scenarios, measure.ProbeFeatures(scenarios))
	if lost.Generator != "" {
		options.SenderNotes = []string{lost.Generator}
		fmt.Fprintln(a.stderr, "tunbench: warning:", lost.Generator)
	}
	if lost.Sink != "" {
		options.SinkNotes = []string{lost.Sink}
		fmt.Fprintln(a.stderr, "tunbench: warning:", lost.Sink)
	}
	return fitted, options, err
}

// fitOne does what fit does for one scenario.
func (a *app) fitOne(s scenario.Scenario, o tester) (scenario.Scenario, measure.Options, error) {
	fitted, options, err := a.fit([]scenario.Scenario{s}, o)
	if err != nil {
		return s, options, err
	}
	return fitted[0], options, nil
}

// calibrated measures what the tester can do with the loads of the scenarios, unless
// that is not wanted.
func (a *app) calibrated(ctx context.Context, o tester, keep *records, progress *ui.Progress, scenarios []scenario.Scenario) (map[string]measure.Tester, error) {
	if o.uncalibrated {
		return nil, nil
	}
	return measure.CalibrateAll(ctx, scenarios, func(s scenario.Scenario) {
		progress.Step("calibrate the tester: " + s.Tester())
	}, func(c results.Calibration) error { return keep.write(c) })
}

// one is the scenario that words ask for, where only one can be had.
func one(words []string) (scenario.Scenario, error) {
	scenarios, err := scenario.Parse(words)
	if err != nil {
		return scenario.Scenario{}, err
	}
	if len(scenarios) != 1 {
		return scenario.Scenario{}, &usageError{errors.New("the words ask for several scenarios, this command takes one")}
	}
	return scenarios[0], nil
}

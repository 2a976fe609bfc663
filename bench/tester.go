package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/ui"
	"tunbench/results"
	"tunbench/results/report"
)

// tester are the flags of the commands that measure a device under test.
type tester struct {
	dropReasons  bool
	uncalibrated bool
}

func (o *tester) add(flags *pflag.FlagSet) {
	flags.BoolVar(&o.dropReasons, "drop-reasons", false, "ask the kernel why it dropped packets (costs it time)")
	flags.BoolVar(&o.uncalibrated, "no-calibration", false, "do not measure first what the tester can do (saves two seconds per load)")
}

// canMeasure returns nil when scenes can be set up here, or what this host or user lacks.
func canMeasure() error {
	if err := host.Require(); err != nil {
		return err
	}
	return testbed.Probe()
}

// fit makes the scenarios what this host can do, and says on standard error and in
// every record what is lost by it.
func (a *app) fit(scenarios []scenario.Scenario, o tester) ([]scenario.Scenario, measure.Options, error) {
	options := measure.Options{DropReasons: o.dropReasons}
	if err := canMeasure(); err != nil {
		return nil, options, err
	}
	if _, err := gate.Clean(); err != nil {
		fmt.Fprintln(a.stderr, "tunbench: warning:", err)
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
	titles := titlesOf(measure.Testers(scenarios))
	return measure.CalibrateAll(ctx, scenarios, func(s scenario.Scenario) {
		progress.Step("calibrate the tester: " + titles[s.Name()])
	}, func(c results.Calibration) error { return keep.write(c) })
}

// calibrations is how many there are before scenarios are measured.
func (o tester) calibrations(scenarios []scenario.Scenario) int {
	if o.uncalibrated {
		return 0
	}
	return len(measure.Testers(scenarios))
}

// titlesOf names scenarios by their names, as briefly as a line of progress wants it: by what sets them off from each other.
func titlesOf(scenarios []scenario.Scenario) map[string]string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.Name()
	}
	return report.Titles(names)
}

// leaveOut refuses a setting that would have no effect because the command sets it itself;
// a scenario's name, pasted, may have it.
func leaveOut(words []string, key, remedy string) error {
	for _, word := range words {
		if strings.HasPrefix(word, key+"=") && !strings.Contains(word, "/") {
			return &usageError{fmt.Errorf("%s: this command sets it itself, leave %s= out: %s", word, key, remedy)}
		}
	}
	return nil
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

// calibratedBefore does what calibrated does for one scenario, with a progress of its own: what follows has steps of another length.
func (a *app) calibratedBefore(ctx context.Context, o output, t tester, keep *records, s scenario.Scenario) (map[string]measure.Tester, error) {
	progress := a.progress(o, t.calibrations([]scenario.Scenario{s}))
	progress.Expect(timeOfCalibration)
	defer progress.Done()
	return a.calibrated(ctx, t, keep, progress, []scenario.Scenario{s})
}

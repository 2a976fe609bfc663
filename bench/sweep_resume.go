package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/analysis"
)

// errNothingMissing says that a sweep is whole.
var errNothingMissing = errors.New("nothing is missing")

// resumeSweep measures what is missing in the file of an interrupted sweep. If nothing is, it shows the file and leaves it as it is.
func (a *app) resumeSweep(ctx context.Context, o sweepOptions, series measure.Series, record results.Sweep) error {
	here := host.Fingerprint(a.args)
	var whole *results.File
	keep, err := a.resumeRecords(o.output, func(file *results.File) error {
		if err := sameSweep(o.out, file, record, here); err != nil {
			return err
		}
		measured := analysis.Measured(file.Trials)
		series.Measured = func(s scenario.Scenario, round int) bool { return measured(s.Name(), round) }
		if series.Trials() == 0 {
			whole = file
			return errNothingMissing
		}
		return nil
	})
	switch {
	case errors.Is(err, errNothingMissing):
		fmt.Fprintf(a.stderr, "tunbench: nothing is missing in %s\n", o.out)
		return a.printTable(whole)
	case err != nil:
		return fmt.Errorf("resume: %w", err)
	}
	return a.record(ctx, o.output, keep, func(keep *records) error {
		return a.measureSweep(ctx, o, series, record, keep)
	})
}

// sameSweep says what keeps a file's sweep from being this one: trials of unlike designs or machines are no experiment.
func sameSweep(path string, file *results.File, now results.Sweep, here results.Host) error {
	if len(file.Sweeps) == 0 {
		return &usageError{fmt.Errorf("--resume: %s is not the file of a sweep", path)}
	}
	was, there := file.Sweeps[0], file.Host
	for _, fact := range []struct {
		what     string
		was, now any
		same     bool
	}{
		{"words", was.Words, now.Words, slices.Equal(was.Words, now.Words)},
		{"--design", was.Design, now.Design, was.Design == now.Design},
		{"--seed", was.Seed, now.Seed, was.Seed == now.Seed},
		{"-n", was.Rounds, now.Rounds, was.Rounds == now.Rounds},
		{"--metric", was.Metric, now.Metric, was.Metric == now.Metric},
		{"host", there.Hostname, here.Hostname, there.Hostname == here.Hostname},
		{"kernel", there.Kernel, here.Kernel, there.Kernel == here.Kernel},
		{"CPU", there.CPUModel, here.CPUModel, there.CPUModel == here.CPUModel},
		{"number of CPUs", there.Cores, here.Cores, there.Cores == here.Cores},
		{"tunbench", there.Version + " " + there.Commit, here.Version + " " + here.Commit, there.Version == here.Version && there.Commit == here.Commit},
		{"cells", len(was.Scenarios), len(now.Scenarios), slices.Equal(was.Scenarios, now.Scenarios)},
	} {
		if !fact.same {
			return &usageError{fmt.Errorf("--resume: %s was begun with other %s: %v, not %v; repeat its command, or begin a new file", path, fact.what, fact.was, fact.now)}
		}
	}
	return nil
}

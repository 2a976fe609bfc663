package main

import (
	"context"
	"errors"
	"fmt"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// gating is how both programs are compared.
type gating struct {
	scenarios  []scenario.Scenario
	options    measure.Options
	thresholds gate.Thresholds
	flags      gateOptions
	calibrated bool
	made       int // series, in the file
}

// prepareGate finds out what is to be measured, and that it can be.
func (a *app) prepareGate(o *gateOptions, words []string) (*gating, error) {
	thresholds, err := o.limits()
	if err != nil {
		return nil, err
	}
	asked, err := o.scenarios(words)
	if err != nil {
		return nil, err
	}
	scenarios, options, err := a.fit(asked, o.tester)
	if err != nil {
		return nil, err
	}
	return &gating{scenarios: scenarios, options: options, thresholds: thresholds, flags: *o}, nil
}

// build is one of the programs to be compared.
type build struct {
	label   string
	word    string // what asks for it again
	variant dut.Variant
}

// workshop builds what is compared, and shows what it is at: where nothing is cached that takes minutes.
func (a *app) workshop(o output) *gate.Workshop {
	shop := gate.NewWorkshop(".")
	shop.Building = func(what string) func() {
		progress := a.progress(o, ui.Unknown)
		progress.Step("build " + what + " (minutes where Go has nothing cached)")
		return progress.Done
	}
	return shop
}

// same says whether two builds are one program, wherever they are from.
func (b build) same(other build) bool {
	return b.variant.Binary.SHA256 == other.variant.Binary.SHA256 && b.variant.Handicap == other.variant.Handicap
}

// findBuild takes a word of the command line.
func findBuild(ctx context.Context, shop *gate.Workshop, word string) (build, error) {
	program, err := shop.Program(ctx, word)
	if errors.Is(err, gate.ErrNotFound) {
		return build{}, &usageError{err}
	}
	if err != nil || program.Path == "" {
		return build{label: program.Label}, err
	}
	binary, err := dut.FindBinary(program.Path)
	if err != nil && !program.Built {
		return build{}, &usageError{fmt.Errorf("%s: %w: want a tunbench binary, the folder of its source, or git:REV", word, err)}
	}
	if program.Built {
		binary.Label = program.Label
	}
	return build{label: program.Label, word: program.Word, variant: dut.Variant{Binary: binary}}, err
}

// measureGate calibrates the tester once and makes every series.
func (a *app) measureGate(ctx context.Context, g *gating, keep *records, baseline, candidate build) (gate.Report, error) {
	if err := a.calibrateGate(ctx, g, keep); err != nil {
		return gate.Report{}, err
	}
	names := make([]string, len(g.scenarios))
	for i, s := range g.scenarios {
		names[i] = s.Name()
	}
	first := g.made
	report, err := gate.Gate{
		Scenarios: names, Thresholds: g.thresholds,
		Measure: func(ctx context.Context, i, number int, label string) (gate.Series, error) {
			g.made++
			arms := [2]measure.Arm{{Scenario: g.scenarios[i], Variant: baseline.variant}, {Scenario: g.scenarios[i], Variant: candidate.variant}}
			return a.gateSeries(ctx, g, keep, arms, first+number, label)
		},
	}.Run(ctx)
	report.Host, report.Baseline, report.Candidate = keep.file.Host, baseline.name(keep.file.Host), candidate.name(keep.file.Host)
	report.Repeat = g.flags.repeat(baseline, candidate, keep.file.Host)
	if baseline.same(candidate) {
		report.Notes = []string{"baseline and candidate are the same program"}
	}
	return report, err
}

func (a *app) calibrateGate(ctx context.Context, g *gating, keep *records) (err error) {
	if g.calibrated {
		return nil
	}
	progress := a.progress(g.flags.output, len(measure.Testers(g.scenarios)))
	defer progress.Done()
	g.options.Tester, err = a.calibrated(ctx, g.flags.tester, keep, progress, g.scenarios)
	g.calibrated = true
	return err
}

// gateSeries compares both programs in one scenario. The seed of every series is another.
func (a *app) gateSeries(ctx context.Context, g *gating, keep *records, arms [2]measure.Arm, number int, label string) (gate.Series, error) {
	length := g.flags.series
	length.seed += uint64(number)
	progress := a.progress(g.flags.output, length.trials())
	progress.Expect(expected([]scenario.Scenario{arms[1].Scenario}, 1, tester{uncalibrated: true}))
	defer progress.Done()
	made, err := a.compareArms(ctx, comparing{
		arms: arms, options: g.options, series: length, number: number,
		judging: g.thresholds.CompareOptions(), deciding: g.thresholds.Requires,
		keep: keep, progress: progress, label: label + " · ",
	})
	series := gate.Series{Comparisons: made, Trials: keep.seriesTrials(number)}
	if failed := (*measure.ArmError)(nil); errors.As(err, &failed) && ctx.Err() == nil {
		series.Failure, series.FailedArm, err = err.Error(), failed.Arm, nil
	}
	return series, err
}

// seriesTrials are those of one series.
func (r *records) seriesTrials(number int) []results.Trial {
	var trials []results.Trial
	for _, t := range r.file.Trials {
		if t.Series == number {
			trials = append(trials, t)
		}
	}
	return trials
}

// reports are the files that a gate writes.
type reports struct{ markdown, junit *gate.File }

func createReports(o gateOptions) (r reports, err error) {
	if o.markdown != "" && o.markdown == o.junit {
		return r, &usageError{fmt.Errorf("--markdown %s --junit %s: want two files", o.markdown, o.junit)}
	}
	if r.markdown, err = gate.CreateFile(o.markdown); err != nil {
		return r, err
	}
	if r.junit, err = gate.CreateFile(o.junit); err != nil {
		return r, errors.Join(err, r.discard())
	}
	return r, nil
}

func (r reports) commit(report gate.Report) error {
	markdown, err := report.Markdown()
	if err != nil {
		return err
	}
	junit, err := report.JUnit()
	if err != nil {
		return err
	}
	return errors.Join(r.markdown.Commit([]byte(markdown)), r.junit.Commit(junit))
}

func (r reports) discard() error { return errors.Join(r.markdown.Discard(), r.junit.Discard()) }

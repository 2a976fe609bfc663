package campaign

import (
	"context"
	"errors"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// Gate compares two builds of the forwarder, or of one program, in each scenario. A scenario in which the
// candidate looks worse is measured a second time.
type Gate struct {
	Scenarios  []scenario.Scenario `json:"scenarios"`
	Thresholds gate.Thresholds     `json:"thresholds"`
	Length     Length              `json:"length"`    // of each series; the seed is counted up from series to series
	Baseline   string              `json:"baseline"`  // a word as [program.Workshop.Program] takes it, or [program.Workshop.Copy] for a program
	Candidate  string              `json:"candidate"` // likewise
	Words      []string            `json:"words"`     // of the command that repeats the measurement, without --baseline and --candidate
}

func (*Gate) kind() string                     { return "gate" }
func (w *Gate) scenarios() []scenario.Scenario { return w.Scenarios }

// Check returns a [*UsageError] if the scenarios have different devices under test, or one of which there are no
// builds.
func (w *Gate) Check() error {
	first := w.Scenarios[0].DUT
	for _, s := range w.Scenarios {
		switch {
		case s.DUT != scenario.Forwarder && !s.IsProgram():
			return usage("dut=%s: a gate compares builds of dut=forwarder, or of a program of --program: add that word to measure only that one", s.DUT)
		case s.DUT != first:
			return usage("dut=%s and dut=%s: a gate compares builds of one program: add one of these words to measure only that one", first, s.DUT)
		}
	}
	return nil
}

func (w *Gate) prepare(s *session) (task, error) {
	baseline, candidate, err := s.builds(s.programOf(w.Scenarios[0]), w.Baseline, w.Candidate)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, keep *records) error {
		g := &gating{session: s, Gate: w, keep: keep}
		if err := s.calibrateBefore(ctx, keep, s.fitted...); err != nil {
			return err
		}
		s.out.Gate, err = g.compare(ctx, baseline, candidate)
		if err != nil {
			return interrupted(ctx, err, keep.trials)
		}
		return keep.write(s.out.Gate.Record())
	}, nil
}

// gating is a gate while it is measured.
type gating struct {
	*session
	*Gate
	keep *records
	made int // series, in the file

	label string // before what progress says; "" is nothing
}

// compare measures two builds in every scenario, and reports what was found.
func (g *gating) compare(ctx context.Context, baseline, candidate build) (gate.Report, error) {
	names := make([]string, len(g.fitted))
	for i, s := range g.fitted {
		names[i] = s.Name()
	}
	report, err := gate.Gate{
		Scenarios: names, Thresholds: g.Thresholds,
		Measure: func(ctx context.Context, i int, label string) (gate.Series, error) {
			arms := [2]measure.Arm{{Scenario: g.fitted[i], Variant: baseline.variant}, {Scenario: g.fitted[i], Variant: candidate.variant}}
			return g.series(ctx, arms, g.label+label)
		},
	}.Run(ctx)
	h := g.keep.file.Host
	report.Host, report.Baseline, report.Candidate = h, baseline.name(h), candidate.name(h)
	report.Repeat = append([]string{"gate", "--baseline", baseline.again(h), "--candidate", candidate.again(h)}, g.Words...)
	if baseline.same(candidate) {
		report.Notes = []string{"baseline and candidate are the same program"}
	}
	return report, err
}

// series compares both programs in one scenario.
func (g *gating) series(ctx context.Context, arms [2]measure.Arm, label string) (gate.Series, error) {
	number := g.made
	g.made++
	length := g.Length
	length.Seed += uint64(number)
	progress := g.Progress(length.trials())
	progress.Expect(timeOfTrial(arms[1].Scenario))
	defer progress.Done()
	made, err := comparing{
		arms: arms, options: g.options, length: length, number: number,
		judging: g.Thresholds.CompareOptions(), deciding: g.Thresholds.Requires,
		keep: g.keep, progress: progress, label: label + " · ",
	}.run(ctx)
	series := gate.Series{Comparisons: made, Trials: g.keep.series(number)}
	if failed := (*measure.ArmError)(nil); errors.As(err, &failed) && ctx.Err() == nil && judged(failed) {
		series.Failure, series.FailedArm, err = err.Error(), failed.Arm, nil
	}
	return series, err
}

// judged says whether a trial that failed is one to judge a program by. A host that cannot run the baseline either cannot run the gate.
func judged(failed *measure.ArmError) bool {
	return failed.Err == nil || failed.Arm == results.ArmB && host.Cannot(failed.Err)
}

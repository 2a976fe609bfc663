package campaign

import (
	"context"
	"errors"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
)

// Gate compares two builds of the forwarder, or of one program of others, scenario by scenario, and once more where one looks worse.
type Gate struct {
	Scenarios  []scenario.Scenario `json:"scenarios"`
	Thresholds gate.Thresholds     `json:"thresholds"`
	Length     Length              `json:"length"`    // of each series, whose seed is another each time
	Baseline   string              `json:"baseline"`  // see [program.Workshop.Program], of a program of others [program.Workshop.Copy]
	Candidate  string              `json:"candidate"` // likewise
	Words      []string            `json:"words"`     // of the command that asks for the same figures, without both programs
}

func (*Gate) kind() string                     { return "gate" }
func (w *Gate) scenarios() []scenario.Scenario { return w.Scenarios }

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

// gating is a gate on its way.
type gating struct {
	*session
	*Gate
	keep *records
	made int // series, in the file
}

// compare makes every series of two builds.
func (g *gating) compare(ctx context.Context, baseline, candidate build) (gate.Report, error) {
	names := make([]string, len(g.fitted))
	for i, s := range g.fitted {
		names[i] = s.Name()
	}
	report, err := gate.Gate{
		Scenarios: names, Thresholds: g.Thresholds,
		Measure: func(ctx context.Context, i int, label string) (gate.Series, error) {
			arms := [2]measure.Arm{{Scenario: g.fitted[i], Variant: baseline.variant}, {Scenario: g.fitted[i], Variant: candidate.variant}}
			return g.series(ctx, arms, label)
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
	if failed := (*measure.ArmError)(nil); errors.As(err, &failed) && ctx.Err() == nil {
		series.Failure, series.FailedArm, err = err.Error(), failed.Arm, nil
	}
	return series, err
}

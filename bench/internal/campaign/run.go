package campaign

import (
	"context"
	"fmt"
	"time"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/analysis"
)

// Run measures every scenario once per round, in an order that alternates.
type Run struct {
	Scenarios []scenario.Scenario `json:"scenarios"`
	Rounds    int                 `json:"rounds"`
}

func (*Run) kind() string                     { return "run" }
func (r *Run) scenarios() []scenario.Scenario { return r.Scenarios }

func (r *Run) prepare(s *session) (task, error) {
	series := measure.Series{Scenarios: s.fitted, Rounds: r.Rounds, Options: s.options}
	if s.Share != nil {
		s.agrees = func(file *results.File) error {
			measured := analysis.Measured(file.Trials)
			series.Measured = func(sc scenario.Scenario, round int) bool { return measured(sc.Name(), round) }
			return nil
		}
	}
	return func(ctx context.Context, keep *records) error { return s.series(ctx, keep, series) }, nil
}

// series calibrates the tester, then measures.
func (s *session) series(ctx context.Context, keep *records, series measure.Series) error {
	steps := series.Trials() + s.calibrations(series.Scenarios)
	progress := s.Progress(steps)
	progress.Expect(expected(series.Scenarios, series.Rounds, s.tester) / time.Duration(max(steps, 1)))
	defer progress.Done()
	if err := s.calibrate(ctx, keep, progress, series.Scenarios...); err != nil {
		return err
	}
	series.Options = s.options
	titles := titlesOf(series.Scenarios)
	series.Starting = func(sc scenario.Scenario, round int) {
		progress.Step(fmt.Sprintf("round %d of %d: %s", round+1, series.Rounds, titles[sc.Name()]))
	}
	series.Record = keep.trial
	outcome, err := series.Run(ctx)
	if err != nil {
		return interrupted(ctx, err, outcome.Trials)
	}
	if outcome.Failed > 0 {
		return &trialsFailed{outcome.Failed, outcome.Trials}
	}
	return nil
}

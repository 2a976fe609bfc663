package campaign

import (
	"context"
	"errors"
	"fmt"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// Burst finds the longest burst without loss (RFC 9004).
type Burst struct {
	Scenario    scenario.Scenario `json:"scenario"` // its load and duration are not used
	Repetitions int               `json:"repetitions"`
}

func (*Burst) kind() string                     { return "burst" }
func (w *Burst) scenarios() []scenario.Scenario { return []scenario.Scenario{w.Scenario} }

func (w *Burst) prepare(s *session) (task, error) {
	return func(ctx context.Context, keep *records) error {
		progress := s.Progress(ui.Unknown)
		defer progress.Done()
		if err := s.calibrate(ctx, keep, progress, s.fitted...); err != nil {
			return err
		}
		b := measure.Burst{Scenario: s.fitted[0], Repetitions: w.Repetitions, Options: s.options, Record: keep.trial}
		b.Progress = func(repetition int, packets int64) {
			progress.Step(fmt.Sprintf("repetition %d of %d: %s", repetition+1, w.Repetitions, results.Count(packets, "packet")))
		}
		record, err := b.Run(ctx)
		return errors.Join(interrupted(ctx, err, keep.trials), keep.write(record))
	}, nil
}

package campaign

import (
	"context"

	"tunbench/bench/internal/scenario"
)

// Calibration measures what the tester itself can do.
type Calibration struct {
	Testers []scenario.Scenario `json:"testers"` // see measure.Testers
}

func (*Calibration) kind() string                     { return "calibration" }
func (w *Calibration) scenarios() []scenario.Scenario { return w.Testers }

func (*Calibration) prepare(s *session) (task, error) {
	return func(ctx context.Context, keep *records) error {
		if err := s.calibrateBefore(ctx, keep, s.fitted...); err != nil {
			return err
		}
		failed := 0
		for _, c := range keep.file.Calibrations {
			if c.Error != "" {
				failed++
			}
		}
		if failed > 0 {
			return &trialsFailed{failed, len(s.fitted)}
		}
		return nil
	}, nil
}

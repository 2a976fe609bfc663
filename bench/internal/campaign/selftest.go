package campaign

import (
	"context"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/scenario"
)

// SelfTest checks the gate itself: it must find the baseline no worse than itself, and worse than itself when the
// baseline is slowed down.
type SelfTest struct {
	Gate      Gate      `json:"gate"`      // its Candidate is not used
	Handicaps []float64 `json:"handicaps"` // shares of the CPU, tried in turn until the gate can decide
}

func (*SelfTest) kind() string                     { return "self-test" }
func (w *SelfTest) scenarios() []scenario.Scenario { return w.Gate.Scenarios }

// Check returns a [*UsageError] if a scenario does not pin its workers, so that a handicap would slow nothing.
func (w *SelfTest) Check() error {
	for _, s := range w.Gate.Scenarios {
		if s.Pin == scenario.Off {
			return usage("--self-test slows the CPUs that workers are pinned to: leave pin=off out")
		}
	}
	return nil
}

func (w *SelfTest) prepare(s *session) (task, error) {
	baseline, _, err := s.builds(s.programOf(w.Gate.Scenarios[0]), w.Gate.Baseline, w.Gate.Baseline)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, keep *records) error {
		g := &gating{session: s, Gate: &w.Gate, keep: keep}
		if err := s.calibrateBefore(ctx, keep, s.fitted...); err != nil {
			return err
		}
		test := &s.out.SelfTest
		test.Alike, err = g.compare(ctx, baseline, baseline)
		for i := 0; err == nil && i < len(w.Handicaps) && (i == 0 || test.Undecided()); i++ {
			candidate := baseline
			candidate.variant.Handicap = w.Handicaps[i]
			slowed := gate.Slowed{Handicap: w.Handicaps[i]}
			slowed.Report, err = g.compare(ctx, baseline, candidate)
			test.Slowed = append(test.Slowed, slowed)
		}
		return interrupted(ctx, err, keep.trials)
	}, nil
}

package measure

import (
	"context"
	"errors"
	"fmt"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// Series is what to measure: every scenario once per round, each time in a
// fresh scene, in an order that alternates from round to round so that a drift
// of the machine meets all alike.
type Series struct {
	Scenarios []scenario.Scenario
	Rounds    int
	Options   Options

	// Starting is told before each trial; it may be nil.
	Starting func(s scenario.Scenario, round int)
	// Record receives each trial as soon as it is measured; an error ends the series.
	Record func(results.Trial) error
}

// Trials returns how many there are.
func (s *Series) Trials() int { return len(s.Scenarios) * s.Rounds }

// Outcome says how a series ended.
type Outcome struct {
	Trials int // recorded
	Failed int // of these, with an error
}

// Run measures. A trial that fails is recorded and the series goes on, unless
// this host lacks what it needs. When ctx is done it ends after the trial in
// flight and returns the cause.
func (s *Series) Run(ctx context.Context) (Outcome, error) {
	var o Outcome
	for round := range s.Rounds {
		for _, sc := range scenario.Order(s.Scenarios, round) {
			if ctx.Err() != nil {
				return o, context.Cause(ctx)
			}
			if s.Starting != nil {
				s.Starting(sc, round)
			}
			t, err := Trial(ctx, sc, s.Options)
			t.Round = round
			if recordErr := s.Record(t); recordErr != nil {
				return o, errors.Join(fmt.Errorf("record trial: %w", recordErr), err)
			}
			o.Trials++
			if t.Failed() && !t.Interrupted {
				o.Failed++
			}
			if err != nil {
				return o, err
			}
		}
	}
	if ctx.Err() != nil {
		return o, context.Cause(ctx)
	}
	return o, nil
}

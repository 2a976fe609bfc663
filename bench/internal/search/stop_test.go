package search

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// TestLimits: a limit ends the search, the goals not reached are irregular and name it,
// and bounds already there are kept.
func TestLimits(t *testing.T) {
	rng := newRand(4)
	full, _ := run(t, validConfig(), hardLimit(500e3))
	for _, tc := range []struct {
		name   string
		reason string
		set    func(*Config)
	}{
		{"trials", ReasonTrialLimit, func(c *Config) { c.MaxTrials = full.Trials - 1 }},
		{"time", ReasonTimeLimit, func(c *Config) { c.MaxTime = full.Elapsed - 1 }},
		{"one trial", ReasonTrialLimit, func(c *Config) { c.MaxTrials = 1 }},
		{"no time for one", ReasonTimeLimit, func(c *Config) { c.MaxTime = 1 }},
		{"noise", ReasonTrialLimit, func(c *Config) { c.MaxTrials = 40 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := validConfig()
			tc.set(&c)
			loses := hardLimit(500e3)
			if tc.name == "noise" {
				loses = noisy(rng, 500e3, 0.02, 5)
			}
			r, _ := run(t, c, loses)
			if r.Trials > c.MaxTrials || c.MaxTime > 0 && r.Elapsed > c.MaxTime {
				t.Errorf("%d trials in %v, over the limit", r.Trials, r.Elapsed)
			}
			last := r.Goals[1]
			if last.Regular || last.Reason != tc.reason {
				t.Errorf("PDR is regular %v, reason %q; want irregular: %q", last.Regular, last.Reason, tc.reason)
			}
			if tc.name == "trials" && (last.LowerBound == nil || last.ConditionalThroughput == nil) {
				t.Errorf("%+v: what was known is lost", last)
			}
		})
	}
}

// failing lets n trials pass, then does what it is told.
type failing struct {
	simulated
	n    int
	fail func() (Trial, error)
}

func (f *failing) Measure(ctx context.Context, load float64, d time.Duration) (Trial, error) {
	if len(f.trials) >= f.n {
		return f.fail()
	}
	return f.simulated.Measure(ctx, load, d)
}

func TestFailures(t *testing.T) {
	broken := errors.New("cable cut")
	calledOff := errors.New("called off")
	for _, tc := range []struct {
		name   string
		fail   func(cancel context.CancelCauseFunc) (Trial, error)
		reason string
		is     error
		says   string
	}{
		{"the measurer fails", func(context.CancelCauseFunc) (Trial, error) { return Trial{}, broken }, ReasonMeasurerFailed, broken, "pps for 1s: cable cut"},
		{"loss below 0", func(context.CancelCauseFunc) (Trial, error) { return Trial{LossRatio: -0.1}, nil }, ReasonMeasurerFailed, nil, "loss ratio -0.1"},
		{"loss not a number", func(context.CancelCauseFunc) (Trial, error) { return Trial{LossRatio: math.NaN()}, nil }, ReasonMeasurerFailed, nil, "loss ratio NaN"},
		{"negative time", func(context.CancelCauseFunc) (Trial, error) { return Trial{Effective: -1}, nil }, ReasonMeasurerFailed, nil, "effective duration -1ns"},
		{"called off after a trial", func(cancel context.CancelCauseFunc) (Trial, error) { cancel(calledOff); return Trial{}, nil }, ReasonInterrupted, calledOff, "interrupted"},
		{"called off in a trial", func(cancel context.CancelCauseFunc) (Trial, error) { cancel(calledOff); return Trial{}, broken }, ReasonInterrupted, broken, "interrupted: cable cut"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, n := range []int{0, 1, 20} {
				ctx, cancel := context.WithCancelCause(context.Background())
				m := &failing{simulated: simulated{loses: hardLimit(500e3)}, n: n, fail: func() (Trial, error) { return tc.fail(cancel) }}
				r, err := Run(ctx, validConfig(), m)
				cancel(nil)
				if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) {
					t.Fatalf("after %d trials: error %v, want one that says %q", n, err, tc.says)
				}
				if len(r.Goals) != 2 {
					t.Fatalf("%d goal results, want one for each goal", len(r.Goals))
				}
				for _, g := range r.Goals {
					if g.Regular || g.Reason != tc.reason {
						t.Errorf("after %d trials: %s is regular %v, reason %q; want %q", n, g.Goal.Name, g.Regular, g.Reason, tc.reason)
					}
				}
			}
		})
	}
}

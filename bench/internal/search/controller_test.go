package search

import (
	"context"
	"math"
	"testing"
	"time"
)

// run searches a simulated system and fails the test on an error.
func run(t *testing.T, c Config, loses system) (Result, *simulated) {
	t.Helper()
	m := &simulated{loses: loses}
	r, err := Run(context.Background(), c, m)
	if err != nil {
		t.Fatal(err)
	}
	return r, m
}

// wantBracket fails unless the result is regular and its bounds lie on both sides of the
// limit, no further from it than the goal's width. A trial tells loads apart to one packet.
func wantBracket(t *testing.T, g GoalResult, limit float64) {
	t.Helper()
	if !g.Regular || g.Reason != "" {
		t.Fatalf("%s: irregular: %q", g.Goal.Name, g.Reason)
	}
	packet := 1 / (limit * g.Goal.FinalDuration.Seconds())
	if lower := *g.LowerBound; lower > limit*(1+packet) || lower < limit*(1-g.Goal.Width-packet) {
		t.Errorf("%s: lower bound %.0f pps, want within %v below %.0f", g.Goal.Name, lower, g.Goal.Width, limit)
	}
	if upper := *g.UpperBound; upper < limit*(1-packet) || upper > limit*(1+packet)/(1-g.Goal.Width) {
		t.Errorf("%s: upper bound %.0f pps, want within %v above %.0f", g.Goal.Name, upper, g.Goal.Width, limit)
	}
}

// TestHardLimit: every preset finds every limit to within its width, with few trials.
func TestHardLimit(t *testing.T) {
	// Nothing is measured twice needlessly: what a noiseless system may cost.
	budget := map[string]int{"ndr-pdr": 75, "rfc2544": 30, "ci-fast": 35}
	for _, p := range Presets() {
		for limit := 1100.; limit < 1.9e6; limit *= 1.37 {
			for name, loses := range map[string]system{"hard": hardLimit(limit), "collapsing": collapsing(limit)} {
				c := p.Config
				c.MinLoad, c.MaxLoad = 1000, 2e6
				c.MaxTime = 0
				r, _ := run(t, c, loses)
				for _, g := range r.Goals {
					want := limit
					if name == "hard" {
						want = limit / (1 - g.Goal.LossRatio)
					}
					wantBracket(t, g, want)
				}
				if r.Trials > budget[p.Name] {
					t.Errorf("%s: %s limit %.0f: %d trials, want at most %d", p.Name, name, limit, r.Trials, budget[p.Name])
				}
			}
		}
	}
}

// TestKnee: a small loss begins well below the limit; NDR and PDR lie apart and the first
// guess misses NDR by far.
func TestKnee(t *testing.T) {
	for _, p := range Presets() {
		c := p.Config
		c.MinLoad, c.MaxLoad = 1000, 2e6
		r, _ := run(t, c, func(load float64, _ time.Duration) float64 {
			if load <= 350e3 {
				return 0
			}
			return max(0.002, 1-500e3/load)
		})
		wantBracket(t, r.Goals[0], 350e3)
		if len(r.Goals) > 1 {
			wantBracket(t, r.Goals[1], 500e3/0.995)
		}
	}
}

// TestConditionalThroughputOfHardLimit: whatever the loss allowed, what is reported is
// what was forwarded (RFC 9971, section 5.6.1).
func TestConditionalThroughputOfHardLimit(t *testing.T) {
	c := validConfig()
	c.Goals[1].Width = 0.0001
	r, _ := run(t, c, hardLimit(500e3))
	pdr := r.Goals[1]
	if *pdr.LowerBound < 502.4e3 {
		t.Errorf("lower bound %.0f pps, want just below 502513", *pdr.LowerBound)
	}
	if got := *pdr.ConditionalThroughput; math.Abs(got-500e3) > 1 {
		t.Errorf("conditional throughput %.1f pps, want 500000", got)
	}
}

// TestLeak: a small loss at all loads leaves NDR without a lower bound and PDR as it is.
func TestLeak(t *testing.T) {
	r, _ := run(t, validConfig(), leaking(500e3, 0.001))
	ndr, pdr := r.Goals[0], r.Goals[1]
	if ndr.Regular || ndr.Reason != ReasonLossAtMinLoad || ndr.LowerBound != nil || ndr.ConditionalThroughput != nil {
		t.Errorf("NDR is %+v, want irregular without a lower bound", ndr)
	}
	if ndr.UpperBound == nil || *ndr.UpperBound != 1000 {
		t.Errorf("NDR's upper bound is not the minimum load: %+v", ndr)
	}
	// 0.5 % of which 0.1 % leaks everywhere.
	wantBracket(t, pdr, 500e3/(1-0.004))
}

// TestDead: a system that forwards nothing is found out by a few trials at the minimum.
func TestDead(t *testing.T) {
	for _, p := range Presets() {
		c := p.Config
		c.MinLoad, c.MaxLoad = 1000, 1e6
		r, m := run(t, c, func(float64, time.Duration) float64 { return 1 })
		for _, g := range r.Goals {
			if g.Regular || g.Reason != ReasonLossAtMinLoad || g.LowerBound != nil {
				t.Errorf("%s: %+v, want irregular without a lower bound", p.Name, g)
			}
		}
		most := int(c.Goals[0].DurationSum/c.Goals[0].FinalDuration)/2 + 3
		if r.Trials > most {
			t.Errorf("%s: %d trials, want at most %d", p.Name, r.Trials, most)
		}
		for _, trial := range m.trials[2:] {
			if trial.Load != 1000 {
				t.Errorf("%s: a trial at %.0f pps after the first", p.Name, trial.Load)
			}
		}
	}
}

// TestNoLoss: a system faster than the maximum load has no upper bound; what it forwards
// there is reported, as irregular.
func TestNoLoss(t *testing.T) {
	r, _ := run(t, validConfig(), hardLimit(1e9))
	for _, g := range r.Goals {
		if g.Regular || g.Reason != ReasonNoLossAtMaxLoad || g.UpperBound != nil {
			t.Errorf("%+v, want irregular without an upper bound", g)
		}
		if g.LowerBound == nil || *g.LowerBound != 1e6 || *g.ConditionalThroughput != 1e6 {
			t.Errorf("%+v, want the maximum load as effective lower bound", g)
		}
	}
	if r.Trials != 11 {
		t.Errorf("%d trials, want the 11 of 21 that decide at the maximum load", r.Trials)
	}
}

// TestLossInversion: 0.1 % is lost between 300 and 600 kpps, nothing above up to 800. PDR
// does not mind; NDR must not be fooled by the loads without loss above.
func TestLossInversion(t *testing.T) {
	r, m := run(t, validConfig(), func(load float64, _ time.Duration) float64 {
		switch {
		case load <= 300e3:
			return 0
		case load <= 600e3:
			return 0.001
		case load <= 800e3:
			return 0
		}
		return 1 - 400e3/load // overload collapses: the first guess lies in the lossy part
	})
	wantBracket(t, r.Goals[0], 300e3)
	wantBracket(t, r.Goals[1], 800e3)
	var inverted bool
	for _, trial := range m.trials {
		inverted = inverted || trial.Load > 600e3 && trial.LossRatio == 0
	}
	if !inverted {
		t.Error("no trial without loss above the lossy ones: nothing was inverted")
	}
}

// TestOverloadHint: the first trial is at the maximum load, and what it forwards leads
// straight to a hard limit.
func TestOverloadHint(t *testing.T) {
	c := validConfig()
	c.Warmup = 0
	_, m := run(t, c, hardLimit(437e3))
	if m.trials[0].Load != c.MaxLoad || m.trials[0].Duration != time.Second {
		t.Errorf("first trial %+v, want the initial duration at the maximum load", m.trials[0])
	}
	for _, trial := range m.trials[1:] {
		if math.Abs(trial.Load/437e3-1) > 0.05 {
			t.Errorf("a trial at %.0f pps, want all near 437000", trial.Load)
		}
	}
}

// TestFirstTrialIsShortest: the guess costs the shortest trial that any goal takes.
func TestFirstTrialIsShortest(t *testing.T) {
	for long := range 2 {
		c := validConfig()
		c.Warmup = 0
		c.Goals[long].InitialDuration, c.Goals[long].FinalDuration = 3*time.Second, 3*time.Second
		if _, m := run(t, c, hardLimit(500e3)); m.trials[0].Duration != time.Second {
			t.Errorf("goal %d has trials of 3 s, the first trial takes %v", long, m.trials[0].Duration)
		}
	}
}

// TestEffectiveDuration: the controller counts in what the measurer says a trial took,
// and in the intended duration where it says nothing.
func TestEffectiveDuration(t *testing.T) {
	c := validConfig()
	c.Goals = c.Goals[:1]
	for _, tc := range []struct {
		effective time.Duration
		trials    int // to decide at the maximum load: more than half of 21 s
	}{{0, 11}, {2 * time.Second, 6}, {500 * time.Millisecond, 21}} {
		m := measurerFunc(func(float64, time.Duration) Trial { return Trial{Effective: tc.effective} })
		r, err := Run(context.Background(), c, m)
		if err != nil {
			t.Fatal(err)
		}
		each := tc.effective
		if each == 0 {
			each = time.Second
		}
		if r.Trials != tc.trials || r.Elapsed != time.Duration(tc.trials)*each {
			t.Errorf("effective %v: %d trials in %v, want %d", tc.effective, r.Trials, r.Elapsed, tc.trials)
		}
	}
}

type measurerFunc func(load float64, d time.Duration) Trial

func (f measurerFunc) Measure(_ context.Context, load float64, d time.Duration) (Trial, error) {
	return f(load, d), nil
}

package search

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestAnySystem searches many random systems with random goals and holds every result
// against the trials that were made, classified by the slow oracle.
func TestAnySystem(t *testing.T) {
	outcomes := map[string]int{}
	for seed := range 3000 {
		rng := newRand(seed)
		c := randomConfig(rng)
		m := &simulated{loses: randomSystem(rng, c)}
		r, err := Run(context.Background(), c, m)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		checkTrials(t, seed, c, r, m.trials)
		for _, g := range r.Goals {
			checkGoal(t, seed, c, g, m.trials)
			outcomes[g.Reason]++
		}
		if t.Failed() {
			t.Fatalf("seed %d: config %+v", seed, c)
		}
	}
	for _, reason := range []string{"", ReasonLossAtMinLoad, ReasonNoLossAtMaxLoad, ReasonTrialLimit, ReasonTimeLimit} {
		if outcomes[reason] < 30 {
			t.Errorf("only %d results with reason %q: the test shows little", outcomes[reason], reason)
		}
	}
}

func randomConfig(rng *rand.Rand) Config {
	c := Config{MinLoad: math.Exp(3 + 5*rng.Float64()), MaxTrials: 20 + rng.IntN(600)}
	c.MaxLoad = c.MinLoad * math.Exp(0.01+7*rng.Float64())
	if rng.IntN(4) == 0 {
		c.MaxTime = time.Duration(1+rng.IntN(300)) * time.Second
	}
	for _, name := range []string{"a", "b", "c"}[:1+rng.IntN(3)] {
		initial := time.Duration(10+rng.IntN(2000)) * time.Millisecond
		final := initial * time.Duration(1+rng.IntN(3))
		c.Goals = append(c.Goals, Goal{
			Name: name, LossRatio: max(0, 0.1*rng.Float64()-0.05), ExceedRatio: max(0, rng.Float64()-0.2),
			InitialDuration: initial, FinalDuration: final, DurationSum: final * time.Duration(1+rng.IntN(21)),
			Width: 0.002 + 0.2*rng.Float64(),
		})
	}
	return c
}

// randomSystem has its limit inside or outside the range of loads, is steady or wild, may
// leak, and may lose in a band of loads that it can carry.
func randomSystem(rng *rand.Rand, c Config) system {
	rate := c.MinLoad * 0.5 * math.Pow(4*c.MaxLoad/c.MinLoad, rng.Float64())
	base := hardLimit(rate)
	if rng.IntN(2) == 0 {
		base = noisy(rng, rate, 0.2*rng.Float64()*rng.Float64(), 5*rng.Float64())
	}
	leak := max(0, 0.1*rng.Float64()-0.08)
	bandLow, bandLoss := rate*rng.Float64(), max(0, 0.1*rng.Float64()-0.05)
	return func(load float64, d time.Duration) float64 {
		loss := base(load, d) + leak
		if load > bandLow && load < bandLow*1.3 {
			loss += bandLoss
		}
		return loss
	}
}

func checkTrials(t *testing.T, seed int, c Config, r Result, trials []Trial) {
	t.Helper()
	if len(trials) != r.Trials || r.Trials > c.MaxTrials {
		t.Errorf("seed %d: %d trials reported, %d made, %d allowed", seed, r.Trials, len(trials), c.MaxTrials)
	}
	if c.MaxTime > 0 && r.Elapsed > c.MaxTime {
		t.Errorf("seed %d: %v, allowed %v", seed, r.Elapsed, c.MaxTime)
	}
	longest := slices.MaxFunc(c.Goals, func(a, b Goal) int { return int(a.FinalDuration - b.FinalDuration) }).FinalDuration
	for _, trial := range trials {
		if trial.Load < c.MinLoad || trial.Load > c.MaxLoad || trial.Duration <= 0 || trial.Duration > longest {
			t.Errorf("seed %d: a trial of %v at %v pps", seed, trial.Duration, trial.Load)
		}
	}
}

// checkGoal derives the relevant bounds anew and compares.
func checkGoal(t *testing.T, seed int, c Config, g GoalResult, trials []Trial) {
	t.Helper()
	at := map[float64][]Trial{}
	for _, trial := range trials {
		at[trial.Load] = append(at[trial.Load], trial)
	}
	lower, upper := 0.0, math.Inf(1)
	for load, all := range at {
		if slowClassify(g.Goal, all) == upperBound {
			upper = min(upper, load)
		}
	}
	for load, all := range at {
		if load < upper && slowClassify(g.Goal, all) == lowerBound {
			lower = max(lower, load)
		}
	}
	switch {
	case lower == 0 != (g.LowerBound == nil) || lower > 0 && *g.LowerBound != lower:
		t.Errorf("seed %d: %s has another lower bound than %v", seed, g.Goal.Name, lower)
	case math.IsInf(upper, 1) != (g.UpperBound == nil) || !math.IsInf(upper, 1) && *g.UpperBound != upper:
		t.Errorf("seed %d: %s has another upper bound than %v", seed, g.Goal.Name, upper)
	}
	if g.Regular != (g.Reason == "") {
		t.Errorf("seed %d: %s is regular %v with reason %q", seed, g.Goal.Name, g.Regular, g.Reason)
	}
	if g.Regular && (upper-lower)/upper > g.Goal.Width {
		t.Errorf("seed %d: %s between %v and %v is wider than %v", seed, g.Goal.Name, lower, upper, g.Goal.Width)
	}
	if g.Reason == ReasonLossAtMinLoad && upper != c.MinLoad || g.Reason == ReasonNoLossAtMaxLoad && lower != c.MaxLoad {
		t.Errorf("seed %d: %s between %v and %v: %s", seed, g.Goal.Name, lower, upper, g.Reason)
	}
	if lower == 0 {
		return
	}
	// The loss at a lower bound is within the goal, so the throughput is too.
	if ct := *g.ConditionalThroughput; ct > lower || ct < lower*(1-g.Goal.LossRatio) {
		t.Errorf("seed %d: %s forwards %v at its lower bound %v with loss ratio %v", seed, g.Goal.Name, ct, lower, g.Goal.LossRatio)
	}
}

// TestNoiseConverges: with the limits out of the way, every noisy system still ends, with
// a number of trials in proportion to what the goals ask for.
func TestNoiseConverges(t *testing.T) {
	for _, preset := range []Config{NDRPDR(), CIFast()} {
		for seed := range 300 {
			rng := newRand(seed)
			c := preset
			c.MinLoad, c.MaxLoad, c.MaxTime, c.MaxTrials = 1000, 2e6, 0, 100000
			r, _ := run(t, c, noisy(rng, 500e3, 0.05*rng.Float64(), 20*rng.Float64()))
			loads := 20 // each decided within the duration sum, for two goals
			if most := loads * 2 * int(c.Goals[0].DurationSum/c.Goals[0].FinalDuration); r.Trials > most {
				t.Errorf("seed %d: %d trials, want at most %d", seed, r.Trials, most)
			}
			for _, g := range r.Goals {
				if g.Reason == ReasonTrialLimit {
					t.Errorf("seed %d: %s never ended", seed, g.Goal.Name)
				}
			}
		}
	}
}

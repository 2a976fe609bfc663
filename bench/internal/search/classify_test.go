package search

import (
	"testing"
	"time"
)

// exceedRatios is RFC 9971, section 6.1, step by step with its names: slow and obvious.
func exceedRatios(g Goal, trials []Trial) (optimistic, pessimistic float64) {
	var fullHighLoss, fullLowLoss, shortHighLoss, shortLowLoss float64 // nanoseconds
	for _, t := range trials {
		short, highLoss := t.Duration < g.FinalDuration, t.LossRatio > g.LossRatio
		if short && highLoss {
			shortHighLoss += float64(t.Effective)
		}
		if short && !highLoss {
			shortLowLoss += float64(t.Effective)
		}
		if !short && highLoss {
			fullHighLoss += float64(t.Effective)
		}
		if !short && !highLoss {
			fullLowLoss += float64(t.Effective)
		}
	}
	subceedRatio := 1 - g.ExceedRatio
	exceedCoefficient := g.ExceedRatio / subceedRatio
	balancing := shortLowLoss * exceedCoefficient
	excess := shortHighLoss - balancing
	positiveExcess := max(0, excess)
	effectiveHighLoss := fullHighLoss + positiveExcess
	effectiveFull := effectiveHighLoss + fullLowLoss
	effectiveWhole := max(effectiveFull, float64(g.DurationSum))
	missing := effectiveWhole - effectiveFull
	pessimisticHighLoss := effectiveHighLoss + missing
	return effectiveHighLoss / effectiveWhole, pessimisticHighLoss / effectiveWhole
}

func slowClassify(g Goal, trials []Trial) class {
	optimistic, pessimistic := exceedRatios(g, trials)
	if optimistic > g.ExceedRatio {
		return upperBound
	}
	if pessimistic <= g.ExceedRatio {
		return lowerBound
	}
	return undecided
}

// TestClassifyAgainstSlow compares on random trials. The exceed
// ratios and their coefficients (0, 1, 3, 7) are exact, so that neither side rounds.
func TestClassifyAgainstSlow(t *testing.T) {
	rng := newRand(1)
	seen := map[class]int{}
	for range 20000 {
		final := 1 + rng.IntN(4)
		g := Goal{
			LossRatio:     float64(rng.IntN(2)) * 0.01,
			ExceedRatio:   []float64{0, 0.5, 0.75, 0.875}[rng.IntN(4)],
			FinalDuration: time.Duration(final) * time.Second,
			DurationSum:   time.Duration(final+rng.IntN(20)) * time.Second,
		}
		var trials []Trial
		for range rng.IntN(15) {
			d := time.Duration(1+rng.IntN(5)) * time.Second
			effective := d + time.Duration(rng.IntN(2))*time.Second
			trials = append(trials, Trial{Duration: d, Effective: effective, LossRatio: float64(rng.IntN(3)) * 0.01})
		}
		got, want := classify(g, trials), slowClassify(g, trials)
		if got != want {
			t.Fatalf("goal %+v, trials %+v: classified as %v, want %v", g, trials, got, want)
		}
		seen[got]++
	}
	for _, c := range []class{undecided, lowerBound, upperBound} {
		if seen[c] < 500 {
			t.Errorf("only %d loads of class %v: the test shows little", seen[c], c)
		}
	}
}

// TestClassifyDecidesWithinSum: full-length trials of at least the duration sum always
// decide.
func TestClassifyDecidesWithinSum(t *testing.T) {
	rng := newRand(2)
	for range 2000 {
		g := Goal{ExceedRatio: rng.Float64() * 0.99, FinalDuration: time.Second, DurationSum: time.Duration(1+rng.IntN(30)) * time.Second}
		var trials []Trial
		for range int(g.DurationSum / time.Second) {
			trials = append(trials, Trial{Duration: time.Second, Effective: time.Second, LossRatio: float64(rng.IntN(2))})
		}
		if classify(g, trials) == undecided {
			t.Fatalf("goal %+v undecided after %v", g, g.DurationSum)
		}
	}
}

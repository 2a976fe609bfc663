package search

// class is what the trials at one load make of it for one goal (RFC 9971,
// section 4.7.2).
type class int

const (
	undecided class = iota
	lowerBound
	upperBound
)

// sums are the effective durations of the trials at one load, in nanoseconds (whole
// numbers, so that adding them is exact), parted by length and loss.
type sums struct {
	fullLow, fullHigh, shortLow, shortHigh float64
}

func sumDurations(g Goal, trials []Trial) sums {
	var s sums
	for _, t := range trials {
		d := float64(t.Effective)
		full, low := t.Duration >= g.FinalDuration, t.LossRatio <= g.LossRatio
		switch {
		case full && low:
			s.fullLow += d
		case full:
			s.fullHigh += d
		case low:
			s.shortLow += d
		default:
			s.shortHigh += d
		}
	}
	return s
}

// classify follows RFC 9971, appendix A. A load is a bound once no further trial
// within the duration sum can change it: a lower bound when even the pessimist, to
// whom all missing time is high-loss, finds the exceed ratio kept, an upper bound when
// even the optimist finds it broken.
func classify(g Goal, trials []Trial) class {
	s := sumDurations(g, trials)
	// Short high-loss trials count only in so far as the short low-loss ones do not
	// make up for them; the latter promise nothing about full length.
	balancing := s.shortLow * (g.ExceedRatio / (1 - g.ExceedRatio))
	effectiveHigh := s.fullHigh + max(0, s.shortHigh-balancing)
	whole := max(s.fullLow+effectiveHigh, float64(g.DurationSum))
	tolerated := whole * g.ExceedRatio

	switch {
	case whole-s.fullLow <= tolerated:
		return lowerBound
	case effectiveHigh > tolerated:
		return upperBound
	}
	return undecided
}

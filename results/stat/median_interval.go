package stat

import (
	"fmt"
	"math"

	"golang.org/x/perf/benchmath"
)

// MedianInterval is an interval of the median that takes nothing for granted of how the values are distributed: two order statistics. It is
// benchstat's, its confidence exact up to 30 values and from a normal approximation beyond. Too few values to bound the median on both sides
// are [ErrTooFew]: 95 % takes six.
func MedianInterval(x []float64, confidence float64) (Interval, error) {
	if err := checkLevel(confidence); err != nil {
		return Interval{}, err
	}
	if err := checkValues(x, 1); err != nil {
		return Interval{}, err
	}
	s := benchmath.AssumeNothing.Summary(benchSample(x), confidence)
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return Interval{}, fmt.Errorf("%w: %d for an interval of %v", ErrTooFew, len(x), confidence)
	}
	return Interval{Center: s.Center, Low: s.Lo, High: s.Hi, Confidence: s.Confidence}, nil
}

package stat

import (
	"errors"
	"math"
	"testing"
)

func TestInterval(t *testing.T) {
	i := Interval{Center: 1, Low: -1, High: 2, Confidence: 0.95}
	for _, test := range []struct {
		name string
		got  bool
		want bool
	}{
		{"within its own ends", i.Within(-1, 2), true},
		{"not within less below", i.Within(-0.9, 2), false},
		{"not within less above", i.Within(-1, 1.9), false},
		{"within no number", i.Within(math.NaN(), 2) || i.Within(-1, math.NaN()), false},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v", test.name, test.got)
		}
	}
}

func TestIntervalsNeedValues(t *testing.T) {
	for confidence, least := range map[float64]int{0.5: 2, 0.9: 5, 0.95: 6, 0.99: 8, 0.999: 11} {
		x := signedSeries(least, 0)
		for name, interval := range map[string]func([]float64) (Interval, error){
			"signed rank": func(x []float64) (Interval, error) { return SignedRankInterval(x, confidence) },
			"bootstrap":   func(x []float64) (Interval, error) { return BootstrapInterval(x, confidence, 1) },
			"median":      func(x []float64) (Interval, error) { return MedianInterval(x, confidence) },
		} {
			if _, err := interval(x[1:]); !errors.Is(err, ErrTooFew) {
				t.Errorf("%s, %v of %d values: %v", name, confidence, least-1, err)
			}
			if _, err := interval(x); err != nil {
				t.Errorf("%s, %v of %d values: %v", name, confidence, least, err)
			}
		}
	}
}

package analysis

import (
	"errors"
	"math"
	"slices"

	"tunbench/results"
	"tunbench/results/stat"
)

// estimate is what the rounds of a series say of one logarithmic ratio.
type estimate struct {
	interval stat.Interval
	p        float64
}

// estimateOf takes the rounds together. Too few for an interval have their range instead, of confidence 0.
func estimateOf(logs []float64, o CompareOptions) (e estimate, err error) {
	centre, err := stat.HodgesLehmann(logs)
	if err != nil {
		return e, err
	}
	if e.p, err = stat.SignedRank(logs); errors.Is(err, stat.ErrTooFew) {
		e.p = 1
	} else if err != nil {
		return e, err
	}
	e.interval, err = hull(logs, o)
	if errors.Is(err, stat.ErrTooFew) {
		e.interval, err = stat.Interval{Low: slices.Min(logs), High: slices.Max(logs)}, nil
	}
	e.interval.Center = centre
	return e, err
}

// hull is the interval that holds both the exact one and that of the bootstrap: the first knows nothing of the shape of the distribution, the
// second nothing of how few values there are.
func hull(logs []float64, o CompareOptions) (stat.Interval, error) {
	exact, err := stat.SignedRankInterval(logs, o.confidence())
	if err != nil {
		return exact, err
	}
	bootstrap, err := stat.BootstrapInterval(logs, o.confidence(), o.Seed)
	if err != nil {
		return exact, err
	}
	exact.Low, exact.High = min(exact.Low, bootstrap.Low), max(exact.High, bootstrap.High)
	exact.Confidence = min(exact.Confidence, bootstrap.Confidence)
	return exact, nil
}

// ratios are centre and ends as ratios.
func (e estimate) ratios() (ratio, low, high float64) {
	return math.Exp(e.interval.Center), math.Exp(e.interval.Low), math.Exp(e.interval.High)
}

// WantedWidth is how far the interval of a comparison may reach to either side of its centre, as a ratio less 1, for the series to be long
// enough: a ratio of 1 is then shown to be the same, and a change of twice the margin to be a change.
func WantedWidth(c results.Comparison) float64 { return c.Margin / 2 }

// NarrowEnough says whether every interval of a series is as narrow as [WantedWidth] asks for. It looks at widths only, never at verdicts: a series that
// ended as soon as it liked the verdict would find changes that are not there. A metric without a ratio has no interval to wait for.
func NarrowEnough(comparisons []results.Comparison) bool {
	intervals := 0
	for _, c := range comparisons {
		if c.Rounds == 0 {
			continue
		}
		if intervals++; c.Confidence == 0 || width(c) > 2*math.Log1p(WantedWidth(c)) {
			return false
		}
	}
	return intervals > 0
}

// width is that of the interval, on the scale of logarithms. B has nothing in any round where it ends at 0.
func width(c results.Comparison) float64 {
	if c.High == 0 {
		return 0
	}
	return math.Log(c.High / c.Low)
}

package analysis

import (
	"math"

	"github.com/montanaflynn/stats"

	"tunbench/results"
	"tunbench/results/stat"
)

// Significance is the p-value below which two files differ, the same as benchstat's.
const Significance = 0.05

// minForInterval is the least number of values whose median has an interval of 95 %: the median of fewer may well lie outside their range.
const minForInterval = 6

// FileRow compares one metric of one scenario in two files.
type FileRow struct {
	results.Unpaired
	outcome outcome
}

// newFileRow compares two samples, neither of them empty. AdjustedP and the verdict depend on other rows and are left for judge.
func newFileRow(scenario string, f comparedFigure, before, after []float64, margin float64) FileRow {
	u := FileRow{Unpaired: results.Unpaired{
		Scenario: scenario, Metric: f.metric, MoreIsGood: f.metric.MoreIsBetter(), Margin: margin,
		Old: medianOf(before), New: medianOf(after), PValue: chanceOf(before, after), Verdict: results.VerdictInconclusive,
	}}
	u.Ratio = ratioOf(u.New.Median, u.Old.Median)
	if u.enough() {
		u.Low, u.High = ratioOf(*u.New.Low, *u.Old.High), ratioOf(*u.New.High, *u.Old.Low)
		if u.Low == nil || u.High == nil {
			u.Low, u.High = nil, nil
		}
	}
	return u
}

// ratioOf is absent where it would not be a number above or equal to zero.
func ratioOf(a, b float64) *float64 {
	if r := a / b; a >= 0 && b > 0 && !math.IsInf(r, 0) {
		return &r
	}
	return nil
}

// enough says whether either file has the trials that a verdict needs.
func (u FileRow) enough() bool { return u.Old.Low != nil && u.New.Low != nil }

// judge gives the verdict of a row with enough trials. A difference that is shown counts, however small. Where the new file has trials that
// failed, or either has some that brought nothing through, no verdict is good.
func (u *FileRow) judge(adjustedP float64) {
	u.AdjustedP = &adjustedP
	switch {
	case u.NothingTrials > 0:
	case adjustedP < Significance && u.New.Median != u.Old.Median:
		u.Verdict = results.VerdictWorse
		if (u.New.Median > u.Old.Median) == u.MoreIsGood {
			u.Verdict = results.VerdictBetter
		}
	case u.equivalent():
		u.Verdict = results.VerdictSame
	}
	if good := u.Verdict == results.VerdictBetter || u.Verdict == results.VerdictSame; good && u.outcome != outcomeCompared {
		u.Verdict = results.VerdictInconclusive
	}
}

// beyond says whether the whole interval lies beyond the margin. Where the old median may be 0, which has no ratio, the intervals of both
// medians lie apart.
func (u FileRow) beyond() bool {
	if u.Low == nil {
		return *u.Old.High < *u.New.Low || *u.New.High < *u.Old.Low
	}
	return *u.High < 1-u.Margin || *u.Low > 1+u.Margin
}

// equivalent says whether the change is shown to be within the margin: an interval of 90 % that lies in it is what two one-sided tests of 5 %
// come to (Schuirmann 1987). What never varied and has not changed needs no ratio.
func (u FileRow) equivalent() bool {
	if u.Low == nil {
		return *u.Old.Low == *u.Old.High && *u.Old.Low == *u.New.Low && *u.New.Low == *u.New.High
	}
	return *u.Low >= 1-u.Margin && *u.High <= 1+u.Margin
}

// medianOf describes at least one value.
func medianOf(values []float64) results.Median {
	center, _ := stats.Median(values) // there are values
	m := results.Median{N: len(values), Median: center}
	if i, err := stat.MedianInterval(values, DefaultConfidence); err == nil {
		m.Low, m.High = &i.Low, &i.High
	}
	return m
}

// chanceOf is the p value of the U test of two samples, neither empty; 1 where it has none to give.
func chanceOf(a, b []float64) float64 {
	p, err := stat.MannWhitney(a, b)
	if err != nil {
		return 1
	}
	return p
}

// leastP is the smallest p value that the U test can give for samples of two sizes: both orders without any overlap, of all that there are.
func leastP(n1, n2 int) float64 {
	orders := 1.0
	for i := 1; i <= n1; i++ {
		orders *= float64(n2+i) / float64(i)
	}
	return min(2/orders, 1)
}

// trialsFor is the number of trials a side from which the U test can show a difference though it is one of some number of tests.
func trialsFor(tests int) int {
	n := minForInterval
	for leastP(n, n)*float64(tests) >= Significance {
		n++
	}
	return n
}

package results

import "math"

// FileRow is one metric of one scenario in two files.
type FileRow struct {
	Unpaired
	outcome outcome
}

// newFileRow compares two samples, neither empty, but for what depends on other rows, AdjustedP and the verdict, and on their trials.
func newFileRow(scenario string, f comparedFigure, before, after []float64, margin float64) FileRow {
	u := FileRow{Unpaired: Unpaired{
		Scenario: scenario, Metric: f.metric, MoreIsGood: f.metric.MoreIsBetter(), Margin: margin,
		Old: medianOf(before), New: medianOf(after), PValue: chanceOf(before, after), Verdict: VerdictInconclusive,
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
		u.Verdict = VerdictWorse
		if (u.New.Median > u.Old.Median) == u.MoreIsGood {
			u.Verdict = VerdictBetter
		}
	case u.equivalent():
		u.Verdict = VerdictSame
	}
	if good := u.Verdict == VerdictBetter || u.Verdict == VerdictSame; good && u.outcome != outcomeCompared {
		u.Verdict = VerdictInconclusive
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

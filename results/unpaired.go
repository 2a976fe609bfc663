package results

import "math"

// Unpaired is how the trials of a new file did against those of an old one, in one metric of one scenario. Nothing ties a trial of one file
// to a trial of the other: the files as a whole stand against one another, and whatever else changed between them is in the ratio.
type Unpaired struct {
	Scenario string   `json:"scenario"` // canonical name
	Metric   Metric   `json:"metric"`
	Old      Median   `json:"old"`
	New      Median   `json:"new"`
	Ratio    *float64 `json:"ratio,omitempty"` // of the medians, new to old; absent where the old one is 0
	// NothingTrials are those of the new file that brought nothing through where every one of the old file did: it is worse then.
	NothingTrials int `json:"nothing_trials,omitzero"`
	// Low and High bound the ratio with a confidence of at least 90 %: they are the ratios of the medians' own bounds, each of 95 %. Absent for
	// fewer than 6 trials, and where the old median may be 0.
	Low        *float64 `json:"low,omitempty"`
	High       *float64 `json:"high,omitempty"`
	PValue     float64  `json:"p_value"`               // two-sided, by the test of Mann and Whitney
	AdjustedP  *float64 `json:"adjusted_p,omitempty"`  // for all rows together, by Holm; absent for fewer than 6 trials
	Margin     float64  `json:"margin_ratio"`          // the ratio is the same if it is shown to lie within 1 ± this
	Verdict    Verdict  `json:"verdict"`               // on the new file
	MoreIsGood bool     `json:"more_is_good,omitzero"` // of the metric; absent where less of it is better

	outcome outcome
}

// KindUnpaired is the kind of an [Unpaired] record. It is printed and never part of a result file.
const KindUnpaired Kind = "unpaired"

// Kind implements [Record].
func (Unpaired) Kind() Kind { return KindUnpaired }

func (u Unpaired) line() any {
	return struct {
		header
		Unpaired
	}{header{Schema, KindUnpaired}, u}
}

// newUnpaired compares two samples, neither empty, but for what depends on other rows, AdjustedP and the verdict, and on their trials.
func newUnpaired(scenario string, f comparedFigure, before, after []float64, margin float64) Unpaired {
	u := Unpaired{
		Scenario: scenario, Metric: f.metric, MoreIsGood: f.metric.MoreIsBetter(), Margin: margin,
		Old: medianOf(before), New: medianOf(after), PValue: chanceOf(before, after), Verdict: VerdictInconclusive,
	}
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
func (u Unpaired) enough() bool { return u.Old.Low != nil && u.New.Low != nil }

// judge gives the verdict of a row with enough trials. A difference that is shown counts, however small. Where the new file has trials that
// failed, or either has some that brought nothing through, no verdict is good.
func (u *Unpaired) judge(adjustedP float64) {
	u.AdjustedP = &adjustedP
	switch {
	case u.NothingTrials > 0:
	case adjustedP < significance && u.New.Median != u.Old.Median:
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
func (u Unpaired) beyond() bool {
	if u.Low == nil {
		return *u.Old.High < *u.New.Low || *u.New.High < *u.Old.Low
	}
	return *u.High < 1-u.Margin || *u.Low > 1+u.Margin
}

// equivalent says whether the change is shown to be within the margin: an interval of 90 % that lies in it is what two one-sided tests of 5 %
// come to (Schuirmann 1987). What never varied and has not changed needs no ratio.
func (u Unpaired) equivalent() bool {
	if u.Low == nil {
		return *u.Old.Low == *u.Old.High && *u.Old.Low == *u.New.Low && *u.New.Low == *u.New.High
	}
	return *u.Low >= 1-u.Margin && *u.High <= 1+u.Margin
}

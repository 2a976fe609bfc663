package gate

import (
	"fmt"

	"tunbench/results"
)

// SelfTestThresholds are those to find a handicap with: the default ones, but a change is worth speaking of from half of it on, so that
// neither answer hangs by a thread.
func SelfTestThresholds(handicap float64) Thresholds {
	t := DefaultThresholds()
	for m, threshold := range t.Metrics {
		threshold.Margin = max(threshold.Margin, handicap/2)
		t.Metrics[m] = threshold
	}
	return t
}

// SelfTest is what the gate says where the right answer is known.
type SelfTest struct {
	Alike    Report  // a program against itself
	Slowed   Report  // and against itself with a handicap
	Handicap float64 // a share of the CPU
}

// Passed says whether nothing was worse that is not, and what is was found. That a comparison of alike programs is undecided does not fail
// it: it cannot be worse then either.
func (t SelfTest) Passed() bool { return t.greenRight() && t.redRight() }

func (t SelfTest) greenRight() bool {
	return t.Alike.Count(Worse) == 0 && len(t.Alike.Scenarios) > 0 && !t.Alike.failed()
}

func (t SelfTest) redRight() bool { return t.Slowed.Verdict() == results.GateWorse }

// failed says whether a trial did.
func (r Report) failed() bool {
	for _, s := range r.Scenarios {
		if len(s.Failures()) > 0 {
			return true
		}
	}
	return false
}

// Lines are both answers in words.
func (t SelfTest) Lines() []string {
	return []string{
		answer("self-test green: the baseline against itself", t.Alike, t.greenRight()),
		answer(fmt.Sprintf("self-test red: the baseline slowed by %.4g %%", 100*t.Handicap), t.Slowed, t.redRight()),
	}
}

func answer(what string, r Report, right bool) string {
	if right {
		return fmt.Sprintf("%s: as it must be, %s", what, r.Headline())
	}
	return fmt.Sprintf("%s: WRONG, %s", what, r.Headline())
}

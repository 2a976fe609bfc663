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
	Alike  Report   // a program against itself
	Slowed []Slowed // and against itself with a handicap, a larger one each time that the last could not be told from noise
}

// Slowed is the gate's answer about a program with a handicap.
type Slowed struct {
	Handicap float64 // a share of the CPU
	Report   Report
}

// found says whether the gate saw it.
func (s Slowed) found() bool { return s.Report.Verdict() == results.GateWorse }

// Undecided says whether a larger handicap may be found, after the last one: this machine is too noisy for that one. A gate that passes
// what is slower is wrong on any machine.
func (t SelfTest) Undecided() bool {
	n := len(t.Slowed)
	return n > 0 && t.Slowed[n-1].Report.Verdict() == results.GateInconclusive && !t.Slowed[n-1].Report.failed()
}

// Passed says whether nothing was worse that is not, and what is was found. That a comparison of alike programs is undecided does not fail
// it: it cannot be worse then either.
func (t SelfTest) Passed() bool { return t.greenRight() && t.redRight() }

func (t SelfTest) greenRight() bool {
	return t.Alike.Count(Worse) == 0 && len(t.Alike.Scenarios) > 0 && !t.Alike.failed()
}

func (t SelfTest) redRight() bool {
	n := len(t.Slowed)
	return n > 0 && t.Slowed[n-1].found()
}

// failed says whether a trial did.
func (r Report) failed() bool {
	for _, s := range r.Scenarios {
		if len(s.Failures()) > 0 {
			return true
		}
	}
	return false
}

// Lines are all answers in words.
func (t SelfTest) Lines() []string {
	lines := []string{answer("self-test green: the baseline against itself", t.Alike, t.greenRight())}
	for i, s := range t.Slowed {
		what := fmt.Sprintf("self-test red: the baseline slowed by %.4g %%", 100*s.Handicap)
		if i < len(t.Slowed)-1 {
			lines = append(lines, fmt.Sprintf("%s: too little to be seen on this machine, %s", what, s.Report.Headline()))
			continue
		}
		lines = append(lines, answer(what, s.Report, t.redRight()))
	}
	return lines
}

func answer(what string, r Report, right bool) string {
	if right {
		return fmt.Sprintf("%s: as it must be, %s", what, r.Headline())
	}
	return fmt.Sprintf("%s: WRONG, %s", what, r.Headline())
}

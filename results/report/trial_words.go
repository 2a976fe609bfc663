package report

import (
	"fmt"
	"strings"

	"tunbench/results/analysis"
)

// trialSentence says what is odd about the trials of one scenario.
func trialSentence(w analysis.Warning) string {
	switch w := w.(type) {
	case analysis.TrialsInterrupted:
		return fmt.Sprintf("%d of %s interrupted, not in the figures", w.Found, trialsOf(w.Of))
	case analysis.TrialsFailed:
		return fmt.Sprintf("%d of %s failed: %s", w.Found, trialsOf(w.Of), w.Error)
	case analysis.TrialsSuspect:
		return fmt.Sprintf("%d of %s: %s", w.Found, trialsOf(w.Of), suspicion(w.Check, w.Worst))
	case analysis.TrialsSay:
		return fmt.Sprintf("%d of %s: %s", w.Found, trialsOf(w.Of), w.Text)
	case analysis.DoneWithout:
		return w.Text
	}
	return ""
}

// suspicion is what a check found, by the worst of the trials.
func suspicion(c analysis.Check, worst float64) string {
	packets := func(what string) string { return fmt.Sprintf("up to %.0f packets %s", worst, what) }
	switch c {
	case analysis.CheckNothingDue:
		return "no packet was due, or sent: nothing is known of loss"
	case analysis.CheckUnaccounted:
		return packets("unaccounted for")
	case analysis.CheckCountedTwice:
		return packets("counted twice, at two places of the ledger")
	case analysis.CheckInFlight:
		return packets("still on their way when the trial ended")
	case analysis.CheckEarlierLoad:
		return packets("of the load before arrived during the trial and do not count")
	case analysis.CheckForeign:
		return packets("arrived that the load did not send")
	case analysis.CheckDuplicated:
		return packets("duplicated")
	case analysis.CheckReordered:
		return packets("reordered")
	case analysis.CheckCorrupt:
		return packets("corrupt")
	case analysis.CheckEarly:
		return packets("came before their intended time")
	case analysis.CheckClamped:
		return packets("took longer than the latencies can show")
	case analysis.CheckShortfall:
		return "up to " + percent(worst) + " % of the intended load was not offered"
	case analysis.CheckBeyondTester:
		return "limited by the tester: the load is above the " + scaled(worst) + " pps that it can offer on this path"
	}
	return "up to " + percent(worst) + " % of the CPU time went to other guests of the hypervisor" // CheckSteal
}

// runSentence says what is odd about a run as a whole.
func runSentence(w analysis.Warning) string {
	switch w := w.(type) {
	case analysis.RunStopped:
		return plain(strings.TrimSuffix("the run was "+string(w.Status)+": "+w.Reason, ": "))
	case analysis.LineOdd:
		return plain(w.String())
	case analysis.PartUnfinished:
		return fmt.Sprintf("%s of phase %q without a result", trialsOf(w.Trials), w.Phase)
	case analysis.CPUsMoved:
		return fmt.Sprintf("the CPUs were %.0f to %.0f ns from each other, as a cache line goes there and back: what they pass on to each other costs more in some trials",
			w.NearNs, w.FarNs)
	}
	return ""
}

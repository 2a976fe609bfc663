package results

import "fmt"

// trialSentence says what is odd about the trials of one scenario.
func trialSentence(odd Odd) string {
	switch o := odd.(type) {
	case TrialsInterrupted:
		return fmt.Sprintf("%d of %s interrupted, not in the figures", o.Found, trialsOf(o.Of))
	case TrialsFailed:
		return fmt.Sprintf("%d of %s failed: %s", o.Found, trialsOf(o.Of), o.Error)
	case TrialsSuspect:
		return fmt.Sprintf("%d of %s: %s", o.Found, trialsOf(o.Of), suspicion(o.Check, o.Worst))
	case TrialsSay:
		return fmt.Sprintf("%d of %s: %s", o.Found, trialsOf(o.Of), o.Text)
	case DoneWithout:
		return o.Text
	}
	return ""
}

// suspicion is what a check found, by the worst of the trials.
func suspicion(c Check, worst float64) string {
	packets := func(what string) string { return fmt.Sprintf("up to %.0f packets %s", worst, what) }
	switch c {
	case CheckNothingDue:
		return "no packet was due, or sent: nothing is known of loss"
	case CheckUnaccounted:
		return packets("unaccounted for")
	case CheckCountedTwice:
		return packets("counted twice, at two places of the ledger")
	case CheckInFlight:
		return packets("still on their way when the trial ended")
	case CheckEarlierLoad:
		return packets("of the load before arrived during the trial and do not count")
	case CheckForeign:
		return packets("arrived that the load did not send")
	case CheckDuplicated:
		return packets("duplicated")
	case CheckReordered:
		return packets("reordered")
	case CheckCorrupt:
		return packets("corrupt")
	case CheckEarly:
		return packets("came before their intended time")
	case CheckClamped:
		return packets("took longer than the latencies can show")
	case CheckShortfall:
		return "up to " + percent(worst) + " % of the intended load was not offered"
	case CheckBeyondTester:
		return "limited by the tester: the load is above the " + scaled(worst) + " pps that it can offer on this path"
	}
	return "up to " + percent(worst) + " % of the CPU time went to other guests of the hypervisor" // CheckSteal
}

package results

import (
	"fmt"
	"slices"
)

// Shares above which a trial is suspect.
const (
	maxSteal     = 0.05 // of the CPU time, taken by the hypervisor
	maxShortfall = 0.01 // of the intended load, not offered
)

// check is something odd about trials: how much of it a trial has, 0 if none, and the words for the worst.
type check struct {
	value func(Trial) float64
	text  func(worst float64) string
}

// pathChecks are for what became of the packets, whatever the load was.
func pathChecks() []check {
	packets := func(what string) func(float64) string {
		return func(worst float64) string { return fmt.Sprintf("up to %.0f packets %s", worst, what) }
	}
	return []check{
		{nothingDue, func(float64) string { return "no packet was due, or sent: nothing is known of loss" }},
		{atPlace(PlaceUnaccounted), packets("unaccounted for")},
		{countedTwice, packets("counted twice, at two places of the ledger")},
		{atPlace(PlaceInFlight), packets("still on their way when the trial ended")},
		{atPlace(PlaceEarlier), packets("of the load before arrived during the trial and do not count")},
		{atPlace(PlaceForeign), packets("arrived that the load did not send")},
		{counter(func(t Traffic) *int64 { return t.Duplicated }), packets("duplicated")},
		{counter(func(t Traffic) *int64 { return t.Reordered }), packets("reordered")},
		{counter(func(t Traffic) *int64 { return t.Corrupt }), packets("corrupt")},
		{ofSink(func(s *Sink) *int64 { return s.EarlyPackets }), packets("came before their intended time")},
		{ofSink(func(s *Sink) *int64 { return s.ClampedPackets }), packets("took longer than the latencies can show")},
	}
}

// loadChecks are for whether the load and the host were what they should be.
func loadChecks() []check {
	return []check{
		{shortfall, func(worst float64) string {
			return "up to " + percent(worst) + " % of the intended load was not offered"
		}},
		{beyondTester, func(worst float64) string {
			return "limited by the tester: the load is above the " + scaled(worst) + " pps that it can offer on this path"
		}},
		{excessSteal, func(worst float64) string {
			return "up to " + percent(worst) + " % of the CPU time went to other guests of the hypervisor"
		}},
	}
}

// trialWarnings says what a reader must know about the trials of one scenario: those left out, and what is odd about the rest.
func trialWarnings(trials []Trial) []string {
	return checked(trials, append(pathChecks(), loadChecks()...))
}

// checked says what is odd about trials by some checks.
func checked(trials []Trial, checks []check) []string {
	used := slices.DeleteFunc(slices.Clone(trials), func(t Trial) bool { return !t.usable() })
	out := leftOut(trials)
	for _, c := range checks {
		if hit, worst := worstOf(used, c.value); hit > 0 {
			out = append(out, fmt.Sprintf("%d of %s: %s", hit, trialsOf(len(trials)), c.text(worst)))
		}
	}
	return append(append(out, marks(used, len(trials))...), notes(used)...)
}

// marks says what the trials themselves say that a reader must know.
func marks(used []Trial, of int) []string {
	count := map[string]int{}
	var order []string
	for _, t := range used {
		for _, text := range t.Warnings {
			if text = plain(text); count[text] == 0 {
				order = append(order, text)
			}
			count[text]++
		}
	}
	out := make([]string, len(order))
	for i, text := range order {
		out[i] = fmt.Sprintf("%d of %s: %s", count[text], trialsOf(of), text)
	}
	return out
}

// worstOf counts the trials whose value is not zero and finds the largest.
func worstOf(trials []Trial, value func(Trial) float64) (hit int, worst float64) {
	for _, t := range trials {
		if v := value(t); v != 0 {
			hit++
			worst = max(worst, v)
		}
	}
	return hit, worst
}

// ways is the traffic of a trial as a whole and of each direction, in which what evens out over both would hide.
func ways(t Trial) []Traffic {
	all := []Traffic{t.Traffic}
	for _, d := range t.Directions {
		all = append(all, d.Traffic)
	}
	return all
}

// nothingDue is 1 where the load was of packets and there was none.
func nothingDue(t Trial) float64 {
	intended := func(e LedgerEntry) bool { return e.Place == PlaceIntended }
	if t.LossRatio == nil && slices.ContainsFunc(t.Ledger, intended) && t.Ledger.Packets(PlaceIntended) == 0 {
		return 1
	}
	return 0
}

// atPlace is how many packets a trial has at a place; what is unaccounted for is reckoned anew, as files may lack the entry.
func atPlace(p Place) func(Trial) float64 {
	return func(t Trial) float64 {
		var worst int64
		for _, w := range ways(t) {
			n := w.Ledger.Packets(p)
			if p == PlaceUnaccounted {
				n = w.Ledger.Balance()
			}
			worst = max(worst, n)
		}
		return float64(worst)
	}
}

// countedTwice is by how much the counters have more packets than were intended.
func countedTwice(t Trial) float64 {
	var worst int64
	for _, w := range ways(t) {
		worst = max(worst, -w.Ledger.Balance())
	}
	return float64(worst)
}

func counter(of func(Traffic) *int64) func(Trial) float64 {
	return func(t Trial) float64 {
		var worst int64
		for _, w := range ways(t) {
			if c := of(w); c != nil {
				worst = max(worst, *c)
			}
		}
		return float64(worst)
	}
}

// ofSink is a count of the sink.
func ofSink(of func(*Sink) *int64) func(Trial) float64 {
	return func(t Trial) float64 {
		if t.Sink == nil || of(t.Sink) == nil {
			return 0
		}
		return float64(*of(t.Sink))
	}
}

// shortfall is the share of the intended load that the generator did not bring out, if it is worth a word.
func shortfall(t Trial) float64 {
	var worst float64
	for _, w := range ways(t) {
		if w.IntendedPps != nil && w.OfferedPps != nil && *w.IntendedPps > 0 {
			worst = max(worst, 1 - *w.OfferedPps / *w.IntendedPps)
		}
	}
	if worst <= maxShortfall {
		return 0
	}
	return worst
}

// beyondTester is the highest load that the tester can offer, if the trial intended more.
func beyondTester(t Trial) float64 {
	if t.IntendedPps == nil || t.TesterMaxPps == nil || *t.IntendedPps <= *t.TesterMaxPps {
		return 0
	}
	return *t.TesterMaxPps
}

func excessSteal(t Trial) float64 {
	if t.CPU == nil || t.CPU.StealRatio == nil || *t.CPU.StealRatio <= maxSteal {
		return 0
	}
	return *t.CPU.StealRatio
}

package analysis

import (
	"slices"

	"tunbench/results"
)

// Shares above which a trial is suspect.
const (
	maxSteal     = 0.05 // of the CPU time, taken by the hypervisor
	maxShortfall = 0.01 // of the intended load, not offered
)

// Check is a way in which a trial can be suspect. Its value is a number of packets unless the constant says otherwise.
type Check int

// The checks, in the order in which they are reported.
const (
	CheckNothingDue   Check = iota // no packet was due, or sent
	CheckUnaccounted               // packets that the ledger does not account for
	CheckCountedTwice              // packets that the ledger has at two places
	CheckInFlight                  // packets still on their way at the end
	CheckEarlierLoad               // packets of the load before
	CheckForeign                   // packets that the load did not send
	CheckDuplicated                // packets
	CheckReordered                 // packets
	CheckCorrupt                   // packets
	CheckEarly                     // packets that came before their intended time
	CheckClamped                   // packets that took longer than a histogram can hold
	CheckShortfall                 // share of the intended load that was not offered
	CheckBeyondTester              // the highest load that the tester can offer, in packets per second, where more was intended
	CheckSteal                     // share of the CPU time that the hypervisor gave to others
)

// pathChecks are for what became of the packets, whatever the load was; the value is 0 where nothing is wrong with a trial.
func pathChecks() []func(results.Trial) float64 {
	return []func(results.Trial) float64{
		CheckNothingDue:   nothingDue,
		CheckUnaccounted:  atPlace(results.PlaceUnaccounted),
		CheckCountedTwice: countedTwice,
		CheckInFlight:     atPlace(results.PlaceInFlight),
		CheckEarlierLoad:  atPlace(results.PlaceEarlier),
		CheckForeign:      atPlace(results.PlaceForeign),
		CheckDuplicated:   counter(func(t results.Traffic) *int64 { return t.Duplicated }),
		CheckReordered:    counter(func(t results.Traffic) *int64 { return t.Reordered }),
		CheckCorrupt:      counter(func(t results.Traffic) *int64 { return t.Corrupt }),
		CheckEarly:        ofSink(func(s *results.Sink) *int64 { return s.EarlyPackets }),
		CheckClamped:      ofSink(func(s *results.Sink) *int64 { return s.ClampedPackets }),
	}
}

// allChecks has them, and those for whether the load and the host were what they should be.
func allChecks() []func(results.Trial) float64 {
	return append(pathChecks(), shortfall, beyondTester, excessSteal) // in the order of the constants
}

// ways is the traffic of a trial as a whole and of each direction, in which what evens out over both would hide.
func ways(t results.Trial) []results.Traffic {
	all := []results.Traffic{t.Traffic}
	for _, d := range t.Directions {
		all = append(all, d.Traffic)
	}
	return all
}

// nothingDue is 1 where the load was of packets and there was none.
func nothingDue(t results.Trial) float64 {
	intended := func(e results.LedgerEntry) bool { return e.Place == results.PlaceIntended }
	if t.LossRatio == nil && slices.ContainsFunc(t.Ledger, intended) && t.Ledger.Packets(results.PlaceIntended) == 0 {
		return 1
	}
	return 0
}

// atPlace is how many packets a trial has at a place; what is unaccounted for is reckoned anew, as files may lack the entry.
func atPlace(p results.Place) func(results.Trial) float64 {
	return func(t results.Trial) float64 {
		var worst int64
		for _, w := range ways(t) {
			n := w.Ledger.Packets(p)
			if p == results.PlaceUnaccounted {
				n = w.Ledger.Balance()
			}
			worst = max(worst, n)
		}
		return float64(worst)
	}
}

// countedTwice is by how much the counters have more packets than were intended.
func countedTwice(t results.Trial) float64 {
	var worst int64
	for _, w := range ways(t) {
		worst = max(worst, -w.Ledger.Balance())
	}
	return float64(worst)
}

func counter(of func(results.Traffic) *int64) func(results.Trial) float64 {
	return func(t results.Trial) float64 {
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
func ofSink(of func(*results.Sink) *int64) func(results.Trial) float64 {
	return func(t results.Trial) float64 {
		if t.Sink == nil || of(t.Sink) == nil {
			return 0
		}
		return float64(*of(t.Sink))
	}
}

// shortfall is the share of the intended load that the generator did not bring out, if it is worth a word.
func shortfall(t results.Trial) float64 {
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
func beyondTester(t results.Trial) float64 {
	if t.IntendedPps == nil || t.TesterMaxPps == nil || *t.IntendedPps <= *t.TesterMaxPps {
		return 0
	}
	return *t.TesterMaxPps
}

func excessSteal(t results.Trial) float64 {
	if t.CPU == nil || t.CPU.StealRatio == nil || *t.CPU.StealRatio <= maxSteal {
		return 0
	}
	return *t.CPU.StealRatio
}

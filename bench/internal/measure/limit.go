package measure

import (
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

const (
	// A smaller share of lost packets does not show that something was at its limit.
	noticeableLoss = 0.001
	// A worker that runs for this share of the time is full.
	fullyBusy = 0.9
)

// limitedBy names what kept the forwarded load from being higher, as far as the
// counters show it: "generator", "dut", or nothing.
func limitedBy(s scenario.Scenario, t *results.Trial) string {
	if s.Proto != scenario.UDP || t.LossRatio == nil {
		return ""
	}
	if *t.LossRatio < noticeableLoss {
		if s.Load.Mode == scenario.LoadMax {
			return "generator"
		}
		return ""
	}
	largest, _ := t.Ledger.LargestLoss()
	switch largest.Place {
	case results.PlaceNotOffered, results.PlaceSenderSocket:
		return "generator"
	case results.PlaceDeviceRing:
		if workersHaveTime(s, t) {
			return ""
		}
		return "dut"
	}
	return ""
}

// workersHaveTime reports whether the forwarder's workers slept for a good part of
// the trial; false where there are none.
func workersHaveTime(s scenario.Scenario, t *results.Trial) bool {
	if t.CPU == nil || t.CPU.DUTBusyRatio == nil {
		return false
	}
	return *t.CPU.DUTBusyRatio/float64(max(s.Queues, 1)) < fullyBusy
}

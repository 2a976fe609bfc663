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
	// A sink that takes this share of the DUT's time per packet, within its writes,
	// is what is measured rather than the DUT.
	mostlySink = 0.5
)

// What can hold the forwarded load down, in words for people.
const (
	limitGenerator = "tester: generator core"
	limitSink      = "tester: sink"
	limitDUT       = "dut core"
	limitRing      = "ring"
	limitQdisc     = "qdisc"
	limitShared    = "one CPU: tester and dut"
	limitStalled   = "dut stalled"
	limitUnknown   = "unaccounted loss"
)

// limitedBy names what kept the forwarded load from being higher, as far as the
// counters show it; "" where nothing did or nobody can tell. Where generator and device
// under test share a CPU, it is that.
func limitedBy(s scenario.Scenario, ask Ask, t *results.Trial, tester Tester, shared bool) string {
	limit := limitOf(s, ask, t, tester)
	switch limit {
	case limitGenerator, limitSink, limitDUT, limitRing:
		if shared {
			return limitShared
		}
	}
	return limit
}

func limitOf(s scenario.Scenario, ask Ask, t *results.Trial, tester Tester) string {
	if s.Proto != scenario.UDP || t.LossRatio == nil {
		return ""
	}
	if beyondTester(ask, t, tester) {
		return limitGenerator
	}
	if *t.LossRatio < noticeableLoss {
		return ""
	}
	largest, _ := t.Ledger.LargestLoss()
	switch largest.Place {
	case results.PlaceReceiverSocket:
		return limitSink
	case results.PlaceDeviceRing, results.PlaceIntakeRing:
		return atRing(s, t, tester)
	case results.PlaceQdisc:
		return limitQdisc
	case results.PlaceInFlight:
		return limitStalled
	case results.PlaceUnaccounted:
		return limitUnknown
	}
	return ""
}

// beyondTester says whether the generator, and not what lies behind it, set the
// load: nothing was lost at its maximum, it fell behind, or it was asked for more
// than it can.
func beyondTester(ask Ask, t *results.Trial, tester Tester) bool {
	switch ask.Load.Mode {
	case scenario.LoadMax:
		return *t.LossRatio < noticeableLoss
	case scenario.LoadPaced:
		// Past an intake the generator gets more through than it could offer in calibration.
		short := t.OfferedPps == nil || t.IntendedPps == nil || *t.OfferedPps < (1-noticeableLoss)**t.IntendedPps
		if tester.MaxPps > 0 && float64(ask.Load.Pps) > tester.MaxPps && short {
			return true
		}
	}
	largest, _ := t.Ledger.LargestLoss()
	isGenerator := largest.Place == results.PlaceNotOffered || largest.Place == results.PlaceSenderSocket
	return isGenerator && *t.LossRatio >= noticeableLoss
}

// atRing names the culprit behind a queue that overflows.
func atRing(s scenario.Scenario, t *results.Trial, tester Tester) string {
	if t.CPU == nil || t.CPU.DUTBusiestRatio == nil {
		return limitDUT // the kernel itself
	}
	if *t.CPU.DUTBusiestRatio < fullyBusy {
		return limitRing // too short for how unevenly packets come or are taken
	}
	// A sink on the device works within the DUT's writes, a socket in its own thread.
	if cost := t.CPU.DUTNsPerPacket; s.Sink != scenario.SinkSocket && cost != nil && tester.SinkNsPerPacket > mostlySink**cost {
		return limitSink
	}
	return limitDUT
}

package measure

import (
	"strings"
	"testing"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

func TestLimitedBy(t *testing.T) {
	trial := func(loss float64, busy *float64, ledger ...results.LedgerEntry) *results.Trial {
		tr := &results.Trial{CPU: &results.CPU{DUTBusiestRatio: busy, DUTNsPerPacket: new(1000.0)}}
		tr.LossRatio = new(loss)
		tr.Ledger = ledger
		return tr
	}
	ring := func(n int64) results.LedgerEntry {
		return results.LedgerEntry{Place: results.PlaceDeviceRing, Packets: n}
	}
	behind := func(n int64) results.LedgerEntry {
		return results.LedgerEntry{Place: results.PlaceNotOffered, Packets: n}
	}
	offering := func(pps float64, tr *results.Trial) *results.Trial {
		tr.IntendedPps, tr.OfferedPps = new(1000.0), new(pps)
		return tr
	}
	unaccounted := func(n int64) results.LedgerEntry {
		return results.LedgerEntry{Place: results.PlaceUnaccounted, Packets: n}
	}
	flying := func(n int64) results.LedgerEntry {
		return results.LedgerEntry{Place: results.PlaceInFlight, Packets: n}
	}
	socket := results.LedgerEntry{Place: results.PlaceReceiverSocket, Packets: 500}
	for name, tc := range map[string]struct {
		words  string
		trial  *results.Trial
		tester Tester
		want   string
	}{
		"maximum load, all arrived":          {"load=max", trial(0, new(0.5)), Tester{}, limitGenerator},
		"ring overflows, forwarder full":     {"load=max", trial(0.3, new(0.99), ring(100)), Tester{}, limitDUT},
		"ring overflows, forwarder has time": {"load=max", trial(0.3, new(0.4), ring(100)), Tester{}, limitRing},
		"ring overflows in the kernel":       {"load=max", trial(0.3, nil, ring(100)), Tester{}, limitDUT},
		"the sink takes most of the time":    {"load=max", trial(0.3, new(0.99), ring(100)), Tester{SinkNsPerPacket: 600}, limitSink},
		"the sink takes some of the time":    {"load=max", trial(0.3, new(0.99), ring(100)), Tester{SinkNsPerPacket: 200}, limitDUT},
		"paced, all arrived":                 {"load=1000", trial(0, new(0.1)), Tester{MaxPps: 1e6}, ""},
		"paced, more than can be sent":       {"load=1000", trial(0.2, new(0.1), behind(200)), Tester{}, limitGenerator},
		"paced, above calibration":           {"load=1000", trial(0, new(0.1)), Tester{MaxPps: 900}, limitGenerator},
		"above calibration, and short":       {"load=1000", offering(990, trial(0, new(0.1))), Tester{MaxPps: 900}, limitGenerator},
		"above calibration, but offered":     {"load=1000", offering(1000, trial(0, new(0.1))), Tester{MaxPps: 900}, ""},
		"one of two workers is full":         {"load=max queues=2", trial(0.3, new(0.99), ring(100)), Tester{}, limitDUT},
		"a dear socket behind a full one":    {"load=max sink=socket", trial(0.3, new(0.99), ring(100)), Tester{SinkNsPerPacket: 900}, limitDUT},
		"a shaper":                           {"load=max", trial(0.3, nil, results.LedgerEntry{Place: results.PlaceQdisc, Packets: 9}), Tester{}, limitQdisc},
		"paced, mostly lost in the ring":     {"load=1000", trial(0.3, new(0.99), ring(299), behind(1)), Tester{}, limitDUT},
		"the receiving socket overflows":     {"load=max sink=socket", trial(0.3, new(0.99), socket, ring(3)), Tester{}, limitSink},
		// The one packet that a counter has is not what held the load down.
		"most of it lost nobody knows where": {"load=1000", trial(0.76, new(0.1), ring(1), unaccounted(2292)), Tester{}, limitUnknown},
		"the forwarder stands still":         {"load=1000", trial(0.3, new(0.1), ring(1), flying(500)), Tester{}, limitStalled},
		"lost elsewhere":                     {"load=max", trial(0.3, new(0.99)), Tester{}, ""},
		"TCP paces itself":                   {"proto=tcp", &results.Trial{}, Tester{}, ""},
	} {
		scenarios, err := scenario.Parse(strings.Fields(tc.words))
		if err != nil {
			t.Fatal(err)
		}
		s := scenarios[0]
		if got := limitedBy(s, Ask{Load: s.Load}, tc.trial, tc.tester, false); got != tc.want {
			t.Errorf("%s: limited by %q, want %q", name, got, tc.want)
		}
		// Neither can be told from the other on one CPU; what is lost elsewhere is.
		want := tc.want
		switch want {
		case limitGenerator, limitDUT, limitRing, limitSink:
			want = limitShared
		}
		if got := limitedBy(s, Ask{Load: s.Load}, tc.trial, tc.tester, true); got != want {
			t.Errorf("%s, on one CPU: limited by %q, want %q", name, got, want)
		}
	}
}

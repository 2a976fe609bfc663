package measure

import (
	"strings"
	"testing"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

func TestLimitedBy(t *testing.T) {
	trial := func(loss float64, ring, notOffered int64, busy *float64) *results.Trial {
		tr := &results.Trial{CPU: &results.CPU{DUTBusyRatio: busy}}
		tr.LossRatio = new(loss)
		tr.Ledger = results.Ledger{{Place: results.PlaceDeviceRing, Packets: ring}, {Place: results.PlaceNotOffered, Packets: notOffered}}
		return tr
	}
	for name, tc := range map[string]struct {
		words string
		trial *results.Trial
		want  string
	}{
		"maximum load, all arrived":          {"load=max", trial(0, 0, 0, new(0.5)), "generator"},
		"ring overflows, forwarder full":     {"load=max", trial(0.3, 100, 0, new(0.99)), "dut"},
		"ring overflows, forwarder has time": {"load=max", trial(0.3, 100, 0, new(0.4)), ""},
		"ring overflows in the kernel":       {"load=max", trial(0.3, 100, 0, nil), "dut"},
		"paced, all arrived":                 {"load=1000", trial(0, 0, 0, new(0.1)), ""},
		"paced, more than can be sent":       {"load=1000", trial(0.2, 0, 200, new(0.1)), "generator"},
		"two workers, half busy each":        {"load=max queues=2", trial(0.3, 100, 0, new(1.0)), ""},
		"paced, mostly lost in the ring":     {"load=1000", trial(0.3, 299, 1, new(0.99)), "dut"},
		"lost elsewhere":                     {"load=max", trial(0.3, 0, 0, new(0.99)), ""},
		"TCP paces itself":                   {"proto=tcp", &results.Trial{}, ""},
	} {
		scenarios, err := scenario.Parse(strings.Fields(tc.words))
		if err != nil {
			t.Fatal(err)
		}
		if got := limitedBy(scenarios[0], tc.trial); got != tc.want {
			t.Errorf("%s: limited by %q, want %q", name, got, tc.want)
		}
	}
}

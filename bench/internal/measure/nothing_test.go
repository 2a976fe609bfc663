package measure

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/search"
	"tunbench/results"
)

// TestNothingDue: a load of less than one packet, which no scenario asks for but a caller of this package may. There is no loss ratio, and no
// load without loss to be found.
func TestNothingDue(t *testing.T) {
	requireRoot(t)
	s := parse(t, "dut=veth size=1400 segs=32 warmup=0s")
	s.Load, s.Duration = paced(1), 100*time.Millisecond
	trial, err := Trial(t.Context(), s, Options{})
	if err != nil || trial.Failed() {
		t.Fatal(err, trial.Error)
	}
	if trial.LossRatio != nil || trial.Ledger.Packets(results.PlaceIntended) != 0 {
		t.Errorf("loss %v of %v", *trial.LossRatio, trial.Ledger)
	}
	var trials int
	config := search.CIFast()
	config.MinLoad, config.MaxLoad, config.Warmup = 1, 20, 0
	found := Search{Scenario: parse(t, "dut=veth size=1400 segs=32 warmup=0s"), Config: config, Latency: true, Record: func(results.Trial) error {
		trials++
		return nil
	}}
	record, err := found.Run(t.Context())
	if failed := (*TrialError)(nil); !errors.As(err, &failed) || !strings.Contains(err.Error(), "no packet was due") || record.Error == "" {
		t.Errorf("%v: %+v", err, record)
	}
	for _, goal := range record.Goals {
		if goal.RelevantLowerBoundPps != nil || goal.Regular || goal.Reason != search.ReasonMeasurerFailed {
			t.Errorf("after %d trials without a packet: %+v", trials, goal)
		}
	}
}

package campaign

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

func parsed(t *testing.T, words string) []scenario.Scenario {
	t.Helper()
	scenarios, err := scenario.Parse(strings.Fields(words))
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

// TestPlanSurvivesJSON: every kind of work, written and read, is what it was.
func TestPlanSurvivesJSON(t *testing.T) {
	two := parsed(t, "size=64,1400 sysctl.net.ipv4.tcp_sack=0")
	length := Length{MinRounds: 3, MaxRounds: 9, Control: true, Seed: 1 << 63}
	thresholds := gate.DefaultThresholds()
	compared := Gate{Scenarios: two, Thresholds: thresholds, Length: length, Baseline: "git:main", Candidate: ".", Words: []string{"--rounds=9"}}
	works := []Work{
		&Run{Scenarios: two, Rounds: 5},
		&Comparison{
			Arms: [2]measure.Arm{
				{Scenario: two[0], Variant: dut.Variant{Binary: dut.Binary{Path: "/a", SHA256: "12", Label: "a"}}},
				{Scenario: two[1], Variant: dut.Variant{Handicap: 0.05}},
			},
			Length: length,
		},
		&compared,
		&Bisect{Scenarios: two, Thresholds: thresholds, Length: length, Good: "v1", Bad: "main", Again: 2, Words: []string{"size=64,1400"}},
		&SelfTest{Gate: compared, Handicaps: []float64{0.2, 0.4}},
		&Sweep{Cells: two, Design: results.Sweep{
			Words: []string{"size=64,1400"}, Design: "full", Seed: 7, Rounds: 3, Metric: results.MetricForwarded,
			Knobs: []results.Knob{{Key: "size", Values: []string{"64", "1400"}}}, Dropped: 1, DroppedReason: "a rule",
		}},
		&Search{Scenario: two[0], Preset: "ci-fast", MinLoad: 1000, MaxLoad: 2e6, Latency: true},
		&Burst{Scenario: two[0], Repetitions: 5},
		&Soak{Scenario: two[0], Duration: time.Hour, Interval: 10 * time.Second},
		&Calibration{Testers: two},
	}
	if len(works) != len(kinds) {
		t.Fatalf("%d kinds of work, %d of them here", len(kinds), len(works))
	}
	for _, work := range works {
		plan := Plan{Tester: Tester{DropReasons: true}, Work: work}
		text, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		var read Plan
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(plan, read); diff != "" {
			t.Errorf("%s: %s", work.kind(), diff)
		}
	}
}

func TestWrongPlans(t *testing.T) {
	for text, want := range map[string]string{
		`{"kind":"nap","work":{}}`:                              `no such kind of work: "nap"`,
		`{"kind":"run","work":{"scenarios":["size=-1"]}}`:       "size=-1",
		`{"kind":"run","work":{"scenarios":["size=64,128"]}}`:   "want one scenario",
		`{"kind":"search","work":{"scenario":"proto=carrier"}}`: "proto=carrier",
		`[]`: "read plan",
	} {
		var read Plan
		if err := json.Unmarshal([]byte(text), &read); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := json.Marshal(Plan{}); err == nil {
		t.Error("wrote a plan without work")
	}
}

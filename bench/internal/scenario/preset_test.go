package scenario

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tunbench/forwarder/intake"
)

// TestPresets: every preset has a name, a doc and distinct scenarios, and keeps the time it promises with half a second around each trial.
func TestPresets(t *testing.T) {
	const around = 500 * time.Millisecond
	promised := map[string]time.Duration{"smoke": 10 * time.Second, "default": 3 * time.Minute, "rivals": 15 * time.Minute, "ci": 30 * time.Second}
	for _, p := range Presets() {
		t.Run(p.Name, func(t *testing.T) {
			if p.Doc == "" || p.Rounds < 1 || len(p.Scenarios) == 0 {
				t.Errorf("incomplete preset %+v", p)
			}
			seen := map[Scenario]bool{}
			var total time.Duration
			for _, s := range p.Scenarios {
				if seen[s] {
					t.Errorf("%s is in it twice", s.Name())
				}
				seen[s] = true
				total += time.Duration(p.Rounds) * (s.Warmup + s.Duration + around)
			}
			if total > promised[p.Name] {
				t.Errorf("takes %s, promised %s", total, promised[p.Name])
			}
		})
	}
}

// TestDefaultPreset: the DUTs of one load stand together, so that they are measured next to one another.
func TestDefaultPreset(t *testing.T) {
	p, err := FindPreset("default")
	if err != nil {
		t.Fatal(err)
	}
	duts := []DUT{Forwarder, Forwarder, Route, Veth, WireGuardGo}
	intakes := []intake.Mode{intake.ModeOff, intake.ModeAuto, "", "", ""}
	if want := 6 * len(duts); len(p.Scenarios) != want {
		t.Fatalf("%d scenarios, want %d: 6 loads for %d DUTs", len(p.Scenarios), want, len(duts))
	}
	for i, s := range p.Scenarios {
		k := i % len(duts)
		if s.DUT != duts[k] || s.Intake != intakes[k] {
			t.Errorf("scenario %d has dut=%s intake=%s, want %s and %s", i, s.DUT, s.Intake, duts[k], intakes[k])
		}
		first := p.Scenarios[i-k]
		if s.Proto != first.Proto || s.Load != first.Load || s.Size != first.Size || s.Segs != first.Segs || s.Flows != first.Flows {
			t.Errorf("%s and %s have different loads", s.Name(), first.Name())
		}
	}
}

func TestFindPresetUnknown(t *testing.T) {
	_, err := FindPreset("smok")
	var usage *UsageError
	if !errors.As(err, &usage) {
		t.Fatalf("FindPreset = %v, want a UsageError", err)
	}
	if want := "smok: no such preset, did you mean smoke?; allowed: smoke, default, rivals, ci"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestOverridePreset(t *testing.T) {
	p, err := FindPreset("default")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Override(p.Scenarios, []string{"duration=300ms", "queues=2"})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range got {
		want := p.Scenarios[i]
		want.Duration = 300 * time.Millisecond
		if want.DUT == Forwarder {
			want.Queues, want.Steer = 2, DefaultSteer
		}
		if s != want {
			t.Errorf("scenario %d is %s, want %s", i, s.Name(), want.Name())
		}
	}
}

func TestOrder(t *testing.T) {
	scenarios, err := Parse([]string{"flows=1,2,3"})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(scenarios)
	var flows []int
	for round := range 3 {
		for _, s := range Order(scenarios, round) {
			flows = append(flows, s.Flows)
		}
	}
	if want := []int{1, 2, 3, 3, 2, 1, 1, 2, 3}; !slices.Equal(flows, want) {
		t.Errorf("order of flows %v, want %v", flows, want)
	}
	if !slices.Equal(scenarios, before) {
		t.Error("Order changed its argument")
	}
}

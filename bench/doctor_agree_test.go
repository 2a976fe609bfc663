package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"tunbench/bench/internal/host/doctor"
	"tunbench/results"
)

// TestDoctorAgreesWithRun: what doctor finds missing a run does without, and says so; what it
// finds there a run uses. It holds on every kernel, whatever that lacks.
func TestDoctorAgreesWithRun(t *testing.T) {
	needRoot(t)
	code, stdout, stderr := tunbench(t, "doctor", "--json")
	var checks []doctor.Check
	if err := json.Unmarshal([]byte(stdout), &checks); err != nil || code != exitSuccess {
		t.Fatalf("doctor: exit code %d, %v: %s", code, err, stderr)
	}
	trial := measured(t, "--drop-reasons", "load=1k", "duration=200ms", "warmup=0s")[0]
	named := func(words string) bool { return strings.Contains(trial.Scenario, words) }
	for _, agree := range []struct {
		checks []string // that lead to it, one is enough
		run    string
		does   bool
	}{
		{[]string{"BPF sink"}, "takes a socket as sink", named("sink=socket")},
		{[]string{"BPF sink", "BPF TCX"}, "does without TCX", named("sink=socket") || noted(trial, "clsact")},
		{[]string{"BPF live frames"}, "takes a socket as generator", named("gen=socket")},
		{[]string{"BPF drop reasons"}, "has no drop reasons", noted(trial, "--drop-reasons")},
		{[]string{"TUN_F_USO4|USO6"}, "has less offload", noted(trial, "refused by this kernel, running with")},
		{[]string{"io_uring", "RWF_NOWAIT"}, "does without io_uring", noted(trial, "engine sync instead of auto")},
	} {
		missing := slices.ContainsFunc(agree.checks, func(name string) bool { return stateOf(t, checks, name) == doctor.Missing })
		if missing != agree.does {
			t.Errorf("doctor finds one of %v missing: %v; the run %s: %v\n%+v", agree.checks, missing, agree.run, agree.does, trial)
		}
	}
}

func stateOf(t *testing.T, checks []doctor.Check, name string) doctor.State {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c.State
		}
	}
	t.Fatalf("doctor has no %q", name)
	return ""
}

// noted tells whether any part of the trial says those words of what it did without.
func noted(trial results.Trial, words string) bool {
	var notes []string
	if trial.DUT != nil {
		notes = append(notes, trial.DUT.Notes...)
	}
	if trial.Sender != nil {
		notes = append(notes, trial.Sender.Notes...)
	}
	if trial.Sink != nil {
		notes = append(notes, trial.Sink.Notes...)
	}
	return slices.ContainsFunc(notes, func(note string) bool { return strings.Contains(note, words) })
}

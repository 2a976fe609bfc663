package tune

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tunbench/bench/internal/host/hosttest"
)

// TestBadJournals: each is refused with the reason, by everyone, and nothing changes.
func TestBadJournals(t *testing.T) {
	good := func(change Change) string {
		text, _ := json.Marshal(Journal{Kind: journalKind, Schema: journalSchema, Boot: "this boot", Changes: []Change{change}})
		return string(text)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"empty":           {"", "torn or no journal"},
		"torn":            {good(Change{Knob: "vm.stat_interval", File: "proc/sys/vm/stat_interval"})[:60], "torn or no journal"},
		"foreign":         {`{"kind":"something"}`, "another program wrote it"},
		"foreign list":    {`[1]`, "torn or no journal"},
		"newer":           {`{"kind":"tunbench tune","schema":2}`, "newer tunbench"},
		"unknown knob":    {good(Change{Knob: "warp"}), `a knob "warp"`},
		"other file":      {good(Change{Knob: "vm.stat_interval", File: "etc/shadow"}), "no file of vm.stat_interval"},
		"way out":         {good(Change{Knob: "frequency governor", File: cpufreq + "policy0/../../scaling_governor"}), "no file of"},
		"other process":   {good(Change{Knob: "irqbalance", Process: &Process{PID: 2, Name: "sh"}}), "none of irqbalance"},
		"process 1":       {good(Change{Knob: "irqbalance", Process: &Process{PID: 1, Name: "irqbalance"}}), "none of irqbalance"},
		"process of file": {good(Change{Knob: "vm.stat_interval", Process: &Process{PID: 9}}), "none of vm.stat_interval"},
		"other tied":      {good(Change{Knob: "boost", File: cpufreq + "boost", Tied: []Value{{File: "etc/shadow"}}}), "no file of boost"},
	} {
		t.Run(name, func(t *testing.T) {
			layout := untuned()
			layout["run/tunbench/tune.journal"] = tt.text
			root := hosttest.Lay(t, layout)
			tuner := tunerOf(root)
			_, tuneErr := tuner.Tune()
			_, resetErr := tuner.Reset()
			_, statusErr := tuner.Status()
			for _, err := range []error{tuneErr, resetErr, statusErr} {
				var bad *JournalError
				if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "remove it") {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			}
			as(t, root, layout)
		})
	}
}

// TestJournalOfEarlierBoot: its settings went with that boot.
func TestJournalOfEarlierBoot(t *testing.T) {
	root := hosttest.Lay(t, untuned())
	tuner := tunerOf(root)
	mustTune(t, tuner)
	for name, value := range untuned() {
		if err := os.WriteFile(filepath.Join(root, name), []byte(value), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rebooted := untuned()
	rebooted["proc/sys/kernel/random/boot_id"] = "next boot"
	if err := os.WriteFile(filepath.Join(root, "proc/sys/kernel/random/boot_id"), []byte("next boot"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, err := tuner.Status(); status != nil || err != nil {
		t.Errorf("status %+v, %v", status, err)
	}
	if did := mustReset(t, tuner); did != nil {
		t.Errorf("reset did %v", did)
	}
	as(t, root, rebooted)
}

// TestOneAtATime: a second one is refused while the first is at work.
func TestOneAtATime(t *testing.T) {
	root := hosttest.Lay(t, untuned())
	tuner := tunerOf(root)
	tuner.step = func() {
		if _, err := tunerOf(root).Reset(); err == nil || !strings.Contains(err.Error(), "at work") {
			t.Errorf("reset during tune: %v", err)
		}
	}
	mustTune(t, tuner)
}

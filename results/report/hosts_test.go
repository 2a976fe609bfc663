package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func TestHostUnlike(t *testing.T) {
	same := fixture.Host()
	same.Time, same.Version, same.Commit, same.MemoryBytes, same.Args = fixture.Start.AddDate(0, 1, 0), "v9", "f00", 1, nil
	same.Sysctls = map[string]string{"net.core.wmem_max": "1"}
	if got := HostDifferences(fixture.Host(), same); got != nil {
		t.Errorf("alike, but %q", got)
	}
	other := results.Host{
		Hostname: "bench-2", Kernel: "6.19.0", CPUModel: fixture.Host().CPUModel, Cores: 4, Virtualization: "none", Clocksource: "tsc",
		Sysctls: map[string]string{"net.core.rmem_max": "1"},
	}
	want := []string{
		"host: bench-1, bench-2", "kernel: 6.18.0, 6.19.0", "number of CPUs: 2, 4", "virtualization: kvm, none", "clocksource: kvm-clock, tsc",
		"mitigations: retpolines <IBPB>, not recorded", "net.core.rmem_max: 212992, 1",
	}
	if diff := cmp.Diff(want, HostDifferences(fixture.Host(), other)); diff != "" {
		t.Errorf("unlike (-want +got):\n%s", diff)
	}
}

// TestUnlikeByAllowedCPUs: one of the files was made under taskset; an older one does not know.
func TestUnlikeByAllowedCPUs(t *testing.T) {
	one, unknown := fixture.Host(), fixture.Host()
	one.CPUsAllowed, unknown.CPUsAllowed = "0", ""
	if diff := cmp.Diff([]string{"CPUs allowed: 0-1, 0"}, HostDifferences(fixture.Host(), one)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := HostDifferences(unknown, one); got != nil {
		t.Errorf("unlike %q one that does not know", got)
	}
}

func TestEmulatedHostIsMarked(t *testing.T) {
	file := &results.File{Host: results.Host{Time: time.Now(), Kernel: "6.1", Emulated: true}}
	table, err := Table(file, Options{})
	if err != nil || !strings.Contains(strings.Split(table, "\n")[0], "emulated") {
		t.Errorf("header does not say emulated: %v\n%s", err, table)
	}
}

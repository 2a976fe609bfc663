package host

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOnCPUs: the function, and what it starts, has these CPUs; the caller keeps its own.
func TestOnCPUs(t *testing.T) {
	affinity := func() (set unix.CPUSet) {
		if err := unix.SchedGetaffinity(0, &set); err != nil {
			t.Fatal(err)
		}
		return set
	}
	before := affinity()
	cpu := 0
	for !before.IsSet(cpu) {
		cpu++
	}
	failed := errors.New("f failed")
	err := OnCPUs([]int{cpu}, func() error {
		if set := affinity(); set.Count() != 1 || !set.IsSet(cpu) {
			t.Errorf("runs on %d CPUs", set.Count())
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("OnCPUs = %v, want what f returned", err)
	}
	if affinity() != before {
		t.Error("the thread does not get its CPUs back")
	}
	if err := OnCPUs(nil, func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := OnCPUs([]int{1000}, func() error { t.Error("called"); return nil }); err == nil {
		t.Error("no error for a CPU that is not there")
	}
}

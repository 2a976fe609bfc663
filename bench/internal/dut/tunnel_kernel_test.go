package dut

import (
	"slices"
	"testing"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
)

// TestKernelTunnelsHaveDrivers: what a scenario can name the scene can make, and the other way round.
func TestKernelTunnelsHaveDrivers(t *testing.T) {
	var named []testbed.Driver
	for _, name := range scenario.KernelTunnels() {
		named = append(named, testbed.Driver(name))
	}
	slices.Sort(named)
	if made := testbed.Drivers(); !slices.Equal(named, made) {
		t.Errorf("scenarios name %v, the scene makes %v", named, made)
	}
}

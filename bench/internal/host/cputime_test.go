package host

import (
	"testing"

	"github.com/prometheus/procfs"
)

// TestSubtractCountsOnce: guest time is part of user time in /proc/stat.
func TestSubtractCountsOnce(t *testing.T) {
	before := cpuTimeOf(procfs.CPUStat{User: 10, Guest: 10})
	spent := cpuTimeOf(procfs.CPUStat{User: 30, Guest: 30, Idle: 10}).Sub(before)
	if got := spent.Total(); got != 30 {
		t.Errorf("total = %v, want 30", got)
	}
}

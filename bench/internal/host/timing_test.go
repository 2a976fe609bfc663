//go:build timing

package host

import (
	"runtime"
	"testing"
	"time"
)

// TestTimingCPUDistance: two CPUs that have nothing else to do are found at some distance.
// `make test-timing` runs it.
func TestTimingCPUDistance(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	for range 100 { // others may have the CPUs for a moment
		if _, ok := CPUDistance(0, 1); ok {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it cannot be measured")
}

package host

import (
	"runtime"
	"testing"
	"time"
)

func TestCPUDistance(t *testing.T) {
	for _, cpus := range [][2]int{{0, 0}, {-1, 0}, {0, -1}, {0, 1 << 20}, {1 << 20, 0}} {
		if d, ok := CPUDistance(cpus[0], cpus[1]); ok {
			t.Errorf("CPUs %v are %v from each other", cpus, d)
		}
	}
	if runtime.NumCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	for range 100 { // others may have the CPUs for a moment
		if d, ok := CPUDistance(0, 1); ok {
			if d <= 0 || d > distancePatience {
				t.Errorf("a round trip of %v", d)
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it cannot be measured")
}

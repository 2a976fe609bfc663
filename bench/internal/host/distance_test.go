package host

import "testing"

func TestCPUDistance(t *testing.T) {
	for _, cpus := range [][2]int{{0, 0}, {-1, 0}, {0, -1}, {0, 1 << 20}, {1 << 20, 0}} {
		if d, ok := CPUDistance(cpus[0], cpus[1]); ok {
			t.Errorf("CPUs %v are %v from each other", cpus, d)
		}
	}
	// Where there is one CPU only, or others have it, there is nothing to measure.
	if d, ok := CPUDistance(0, 1); ok && (d <= 0 || d > distancePatience) {
		t.Errorf("a round trip of %v", d)
	}
}

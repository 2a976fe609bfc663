package results

import (
	"strings"
	"testing"
)

// TestWandered: CPUs that were not always as far from each other are said once, whatever was measured meanwhile.
func TestWandered(t *testing.T) {
	at := func(ns ...float64) *File {
		f := &File{}
		for _, ns := range ns {
			f.Trials = append(f.Trials, Trial{CPU: &CPU{DistanceNs: &ns}})
		}
		f.Trials = append(f.Trials, Trial{}, Trial{CPU: &CPU{}}, Trial{CPU: &CPU{DistanceNs: new(1.0)}, Interrupted: true})
		return f
	}
	for _, f := range []*File{at(), at(85), at(85, 120, 90)} {
		if w := fileWarnings(f); len(w) != 0 {
			t.Errorf("warns of nothing: %q", w)
		}
	}
	if w := fileWarnings(at(85, 400, 90)); len(w) != 1 || !strings.Contains(w[0], "85 to 400 ns") {
		t.Errorf("warns %q", w)
	}
}

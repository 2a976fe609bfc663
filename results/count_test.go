package results_test

import (
	"testing"

	"tunbench/results"
)

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 trials": results.Count(0, "trial"), "1 trial": results.Count(1, "trial"), "2 trials": results.Count(2, "trial"), "1 packet": results.Count(int64(1), "packet"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

package main

import (
	"errors"
	"fmt"
	"testing"

	"tunbench/forwarder"
)

func TestExitCode(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{
		{nil, exitSuccess},
		{errors.New("broken"), exitFailure},
		{&usageError{errors.New("what?")}, exitUsage},
		{fmt.Errorf("compare: %w", errRegression), exitRegression},
		{fmt.Errorf("compare: %w", errInconclusive), exitInconclusive},
		{fmt.Errorf("engine uring: %w", forwarder.ErrUnsupported), exitUnsupported},
	} {
		if got := exitCode(tc.err); got != tc.want {
			t.Errorf("exitCode(%v) = %d, want %d", tc.err, got, tc.want)
		}
	}
}

package doctor

import (
	"testing"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/hosttest"
)

type files = hosttest.Files

// fake writes a machine of the given files.
func fake(t *testing.T, layout files) host.Machine {
	t.Helper()
	return host.Machine{Root: hosttest.Lay(t, layout)}
}

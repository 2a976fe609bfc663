package host

import (
	"testing"

	"tunbench/bench/internal/host/hosttest"
)

type files = hosttest.Files

// fake writes a machine of the given files.
func fake(t *testing.T, layout files) Machine {
	t.Helper()
	return Machine{Root: hosttest.Lay(t, layout)}
}

func TestReadTrims(t *testing.T) {
	m := fake(t, files{"proc/device-tree/model": "Board 5\x00", "sys/x": "1\n"})
	for name, want := range map[string]string{"proc/device-tree/model": "Board 5", "sys/x": "1"} {
		if got, err := m.Read(name); err != nil || got != want {
			t.Errorf("Read(%s) = %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestReadAllKeepsNames(t *testing.T) {
	m := fake(t, files{"sys/cpu0/g": "a", "sys/cpu1/g": "b", "sys/other/g": "c"})
	got := m.ReadAll("sys/cpu[0-9]*/g")
	if len(got) != 2 || got["sys/cpu0/g"] != "a" || got["sys/cpu1/g"] != "b" {
		t.Errorf("ReadAll = %v", got)
	}
}

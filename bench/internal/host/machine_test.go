package host

import (
	"os"
	"path/filepath"
	"testing"
)

// files is a machine laid out on disk: path relative to the root, and content.
type files map[string]string

// fake writes a machine of the given files.
func fake(t *testing.T, layout files) Machine {
	t.Helper()
	root := t.TempDir()
	for name, content := range layout {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Machine{Root: root}
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

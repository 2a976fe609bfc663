package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"tunbench/bench/internal/host"
)

// files is a machine laid out on disk: path relative to the root, and content.
type files map[string]string

// fake writes a machine of the given files.
func fake(t *testing.T, layout files) host.Machine {
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
	return host.Machine{Root: root}
}

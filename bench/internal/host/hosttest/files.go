// Package hosttest lays out machines on disk, for tests of what reads /proc and /sys.
package hosttest

import (
	"os"
	"path/filepath"
	"testing"
)

// Files is a machine laid out on disk: path relative to the root, and content.
type Files map[string]string

// Lay writes a machine of the given files and returns its root.
func Lay(t *testing.T, layout Files) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, content := range layout {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

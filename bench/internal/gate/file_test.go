package gate

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFile: the old content stays until the new one is whole, and nothing else is left.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "summary.md")
	holds := func(want string) {
		t.Helper()
		if b, err := os.ReadFile(path); string(b) != want {
			t.Errorf("%q, %v, want %q", b, err, want)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("in the folder: %v, %v", entries, err)
		}
	}
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	holds("old") // what is killed now leaves nothing behind
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
	if err := f.Commit([]byte("discarded")); err != nil {
		t.Error(err)
	}
	holds("old")
	if f, err = CreateFile(path); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit([]byte("new")); err != nil {
		t.Error(err)
	}
	if err := f.Discard(); err != nil {
		t.Error(err)
	}
	holds("new")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v: whoever runs the next step of a job cannot read it", info.Mode(), err)
	}
}

func TestFileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "none", "x"), dir, os.DevNull} {
		if f, err := CreateFile(path); err == nil {
			t.Errorf("%s: no error", path)
			_ = f.Discard()
		}
	}
	none, err := CreateFile("")
	if err != nil {
		t.Fatal(err)
	}
	if err := none.Commit([]byte("x")); err != nil {
		t.Error(err)
	}
	if err := none.Discard(); err != nil {
		t.Error(err)
	}
}

package gate

import (
	"errors"
	"fmt"
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

// TestFileBehindALink: the link stays, unless it is one to an open file, such as a standard output: that is refused.
func TestFileBehindALink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	f, err := CreateFile(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(target); string(b) != "new" {
		t.Errorf("behind the link: %q, %v", b, err)
	}
	if to, err := os.Readlink(link); to != target {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	open, err := os.Open(target)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := CreateFile(fmt.Sprintf("/proc/self/fd/%d", open.Fd())); err == nil {
		t.Error("an open file was taken")
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

package program

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// beBuilder makes this test binary a process that has a folder with a build in it.
const beBuilder = "TUNBENCH_TEST_BE_BUILDER"

// TestBeBuilder says where its folder is and waits until it is killed.
func TestBeBuilder(t *testing.T) {
	if os.Getenv(beBuilder) == "" {
		t.Skip("another test starts this one as a process")
	}
	place, err := NewWorkshop(".").place()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("folder " + place + "\n"); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// builder is a process that has a folder, and that folder.
func builder(t *testing.T, temp string) (cmd *exec.Cmd, path string) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "-test.run=^TestBeBuilder$", "-test.v")
	cmd.Env = append(os.Environ(), beBuilder+"=1", "TMPDIR="+temp)
	if _, err := cmd.StdinPipe(); err != nil { // it reads until it is killed
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if place, ok := strings.CutPrefix(lines.Text(), "folder "); ok {
			return cmd, filepath.Dir(place)
		}
	}
	t.Fatal("it ended without a folder")
	return nil, ""
}

// TestCleanRemovesOnlyWhatIsDead: the folder of a process that was killed goes, those of live ones and what only looks like one stay.
func TestCleanRemovesOnlyWhatIsDead(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	killed, dead := builder(t, temp)
	_, live := builder(t, temp)
	own := NewWorkshop(".")
	if _, err := own.place(); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	stay := []string{live, own.folder.path, elsewhere}
	for _, name := range []string{"tunbench-other", "x-" + folderPrefix + "builds-1"} {
		path := filepath.Join(temp, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		stay = append(stay, path)
	}
	if err := os.Symlink(elsewhere, filepath.Join(temp, folderPrefix+"builds-link")); err != nil {
		t.Fatal(err)
	}
	if removed, err := Clean(func(string) error { return nil }); err != nil || len(removed) > 0 {
		t.Fatalf("removed %v of live processes (%v)", removed, err)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	removed, err := Clean(func(string) error { return nil })
	if err != nil || !slices.Equal(removed, []string{dead}) {
		t.Errorf("removed %v (%v), want %s", removed, err, dead)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("the dead one's folder: %v", err)
	}
	for _, path := range stay {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is gone: %v", path, err)
		}
	}
	if err := own.Close(); err != nil {
		t.Error(err)
	}
}

// TestBuildLeavesNothingOutside: what the compiler puts down on its way is in the folder too, wherever it is interrupted.
func TestBuildLeavesNothingOutside(t *testing.T) {
	dir := repository(t)
	w := workshop(t, dir)
	temp := os.TempDir()
	// A compiler that leaves its folder behind, as one that is killed does.
	bin := t.TempDir()
	const script = "#!/bin/sh\nmkdir \"${GOTMPDIR:-${TMPDIR:-/tmp}}/go-build1\" \"${TMPDIR:-/tmp}/go-build2\"\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	if _, err := w.Program(t.Context(), "git:one"); err == nil {
		t.Fatal("it was built")
	}
	if outside, _ := filepath.Glob(filepath.Join(temp, "go-build*")); len(outside) > 0 {
		t.Errorf("left outside of the folder: %v", outside)
	}
	if inside, _ := filepath.Glob(filepath.Join(w.folder.path, "*", "tmp", "go-build*")); len(inside) != 2 {
		t.Errorf("in the folder: %v", inside)
	}
}

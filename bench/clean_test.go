package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeadBuildsAreRemoved: what a killed gate built goes with clean, and with the next run.
func TestDeadBuildsAreRemoved(t *testing.T) {
	needRoot(t)
	for _, next := range []string{"clean", "run load=1000 duration=100ms warmup=0s --no-calibration"} {
		t.Run(next, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			dead := filepath.Join(temp, "tunbench-builds-1")
			if err := os.MkdirAll(filepath.Join(dead, "1", "tmp"), 0o700); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := tunbench(t, strings.Fields(next)...)
			if code != exitSuccess {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			if _, err := os.Stat(dead); !os.IsNotExist(err) {
				t.Errorf("%s is still there (%v)", dead, err)
			}
			if next == "clean" && !strings.Contains(stdout, "removed "+dead) {
				t.Errorf("clean does not say what it removed: %q", stdout)
			}
		})
	}
}

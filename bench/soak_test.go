package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/results"
)

// hasTrials waits until a result file has so many trials.
func hasTrials(t *testing.T, file string, trials int) {
	t.Helper()
	eventually(t, itoa(trials)+" trials in "+file, func() bool {
		b, _ := os.ReadFile(file) // it may not be there yet
		return strings.Count(string(b), `"record":"trial"`) >= trials
	})
}

// TestInterruptedSoakIsNoSuccess: a job that runs into its time limit must not look as if the soak had come to its end.
func TestInterruptedSoakIsNoSuccess(t *testing.T) {
	needRoot(t)
	for name, sig := range map[string]unix.Signal{"Ctrl-C": unix.SIGINT, "SIGTERM": unix.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "soak.jsonl")
			cmd, stdout, stderr := command(t, strings.Fields("soak load=1k warmup=0s --for 10m --interval 100ms --no-calibration -o "+file)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			hasTrials(t, file, 2)
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := exit(t, cmd); code != exitFailure || !regexp.MustCompile(`interrupted after \d+ intervals?: `).MatchString(stderr.String()) {
				t.Errorf("exit code %d, want %d: %s", code, exitFailure, stderr)
			}
			f := readBack(t, file)
			if f.End == nil || f.End.Status != results.Interrupted || len(f.Soaks) != 1 || !f.Soaks[0].Interrupted || f.Soaks[0].Intervals < 2 {
				t.Errorf("end %+v, soaks %+v", f.End, f.Soaks)
			}
			if !strings.Contains(stdout.String(), "interrupted") {
				t.Errorf("the summary is\n%s", stdout)
			}
		})
	}
}

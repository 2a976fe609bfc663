package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryStepOfSettingUpMayFail lets a run have a few more descriptors each time, so
// that setting up fails at one step after the other: each time with a plain error, without
// a panic, and with nothing left behind.
func TestEveryStepOfSettingUpMayFail(t *testing.T) {
	needRoot(t)
	t.Parallel()
	const least, most = 10, 200
	for _, words := range []string{"", "gen=socket sink=socket", "dev=tap sink=xdp gro=off"} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			said := 0
			for limit := least; ; limit++ {
				if limit > most {
					t.Fatalf("it does not work with %d descriptors", most)
				}
				works, says := runWithDescriptors(t, limit, strings.Fields(words)...)
				if works {
					t.Logf("works with %d descriptors", limit)
					break
				}
				if says {
					said++
				}
			}
			if said < 5 {
				t.Errorf("the remedy was named %d times", said)
			}
		})
	}
}

// runWithDescriptors makes a short run that may open so many files, and reports whether
// it succeeded, and whether it said what helps.
func runWithDescriptors(t *testing.T, limit int, words ...string) (works, says bool) {
	t.Helper()
	args := append(strings.Fields("run size=64 load=10k duration=100ms warmup=0s --no-calibration"), words...)
	cmd, stdout, stderr := command(t, args...)
	limited := exec.Command("sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, limit), cmd.Path}, args...)...)
	limited.Env, limited.Stdout, limited.Stderr = cmd.Env, stdout, stderr
	err := limited.Run()
	if limited.ProcessState == nil {
		t.Fatal(err)
	}
	pid, code := limited.ProcessState.Pid(), limited.ProcessState.ExitCode()
	if bytes.Contains(stderr.Bytes(), []byte("panic")) || bytes.Contains(stderr.Bytes(), []byte("goroutine ")) || code == exitUsage {
		t.Fatalf("with %d descriptors: exit %d:\n%s", limit, code, stderr)
	}
	// Not always why: the library that loads programs takes a test for a feature that
	// fails so for one that says no.
	says = strings.Contains(stderr.String(), "ulimit -n")
	if code != 0 && (code != exitUnsupported || !strings.Contains(stderr.String(), "tunbench: ")) {
		t.Errorf("with %d descriptors: exit %d:\n%s%s", limit, code, stdout, stderr)
	}
	if strings.Contains(stderr.String(), "too many open files") && !says {
		t.Errorf("with %d descriptors no remedy is named:\n%s", limit, stderr)
	}
	left, err := filepath.Glob(fmt.Sprintf("/run/netns/tb-%d-*", pid))
	if err != nil || len(left) > 0 {
		t.Errorf("with %d descriptors %q is left, %v", limit, left, err)
	}
	for _, name := range left {
		_ = exec.Command("ip", "netns", "del", filepath.Base(name)).Run()
	}
	return code == 0, says
}

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
)

const (
	unitFile        = "examples/systemd/tunbench-forward.service"
	unitDescription = "examples/systemd/forward.yaml"
)

// systemdAnalyze runs the tool on the words. Where systemd is not installed the test is skipped, but not where CI=true says that all is (.ci/run).
func systemdAnalyze(t *testing.T, words ...string) string {
	t.Helper()
	path, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("needs systemd-analyze, which is to be installed here: %v", err)
	} else if err != nil {
		t.Skipf("needs systemd-analyze (package systemd): %v", err)
	}
	out, err := exec.Command(path, words...).CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze %s: %v\n%s", strings.Join(words, " "), err, out)
	}
	return string(out)
}

// unitValues are the values of a key of the unit, in their order.
func unitValues(t *testing.T, key string) (values []string) {
	t.Helper()
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), key+"="); ok {
			values = append(values, value)
		}
	}
	if values == nil {
		t.Fatalf("%s has no %s", unitFile, key)
	}
	return values
}

// TestForwardUnitIsHardened: by the judgement of systemd itself; 10 would be a service without any protection.
func TestForwardUnitIsHardened(t *testing.T) {
	const most = 1.5
	out := systemdAnalyze(t, "security", "--offline=yes", fmt.Sprintf("--threshold=%d", int(most*10)), unitFile)
	if !strings.Contains(out, "Overall exposure level") {
		t.Errorf("it says nothing of the whole:\n%s", out)
	}
	for _, ignored := range []string{"Unknown key", "Failed to parse", "Unknown lvalue", "ignoring"} {
		if strings.Contains(out, ignored) {
			t.Errorf("a line of the unit is not understood:\n%s", out)
		}
	}
	for _, key := range []string{"AmbientCapabilities", "CapabilityBoundingSet"} {
		if got := unitValues(t, key); !slices.Equal(got, []string{"CAP_NET_ADMIN"}) {
			t.Errorf("%s=%q", key, got)
		}
	}
}

// TestForwardUnitDescription: the file that comes with the unit has no mistake.
func TestForwardUnitDescription(t *testing.T) {
	cfg, err := forward.ReadConfig(unitDescription)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.A.NetNS+cfg.B.NetNS != "" {
		t.Error("it names a namespace, which RestrictNamespaces=yes forbids to enter")
	}
}

// TestForwardUnitAllowsEnough: the forwarder works with the capability, the memory and the system calls that the unit leaves it.
func TestForwardUnitAllowsEnough(t *testing.T) {
	numbers := allowedNumbers(t)
	bed := devices(t)
	for _, name := range []string{"br-left", "br-right"} {
		addBridge(t, bed.A(), name)
	}
	text, err := os.ReadFile(unitDescription)
	if err != nil {
		t.Fatal(err)
	}
	file := readable(t, "forward.yaml", string(text))
	words := fmt.Sprintf("limit=%d:%d %s only=%s", unix.RLIMIT_MEMLOCK, 8<<20, asUser(bed.A(), unix.CAP_NET_ADMIN), readable(t, "calls", numbers))
	if got := unitValues(t, "LimitMEMLOCK"); !slices.Equal(got, []string{"8M"}) {
		t.Errorf("LimitMEMLOCK=%q", got)
	}
	if code, _, stderr := confined(t, words, "forward", "--config", file, "--check"); code != exitSuccess {
		t.Errorf("--check: exit code %d: %s", code, stderr)
	}
	cmd, lines, stderr := forwardingConfined(t, words, "--config", file)
	printed := waitForLines(t, lines, `^configured tap-right`)
	if err := cmd.Process.Signal(unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	waitLine(t, lines, `^ +1 +a to b`)
	printed += strings.Join(endWell(t, cmd, lines, stderr), "\n")
	if strings.Contains(printed, "note:") {
		t.Errorf("it does without something:\n%s", printed)
	}
}

// allowedNumbers are the system calls of SystemCallFilter, a number each line.
func allowedNumbers(t *testing.T) string {
	t.Helper()
	systemdAnalyze(t, "--version")
	header, err := os.ReadFile("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("needs the numbers of system calls of x86-64 (package linux-libc-dev): %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for _, value := range unitValues(t, "SystemCallFilter") {
		names, deny := strings.CutPrefix(value, "~")
		for _, name := range strings.Fields(names) {
			for _, call := range callsOf(t, name) {
				allowed[call] = !deny
			}
		}
	}
	var numbers strings.Builder
	for _, m := range regexp.MustCompile(`(?m)^#define __NR_(\w+) (\d+)$`).FindAllStringSubmatch(string(header), -1) {
		if allowed[m[1]] {
			fmt.Fprintln(&numbers, m[2])
		}
	}
	return numbers.String()
}

// callsOf are the system calls of a name, which may be that of a set.
func callsOf(t *testing.T, name string) (calls []string) {
	t.Helper()
	if !strings.HasPrefix(name, "@") {
		return []string{name}
	}
	for line := range strings.Lines(systemdAnalyze(t, "syscall-filter", name)) {
		if word := strings.TrimSpace(line); word != "" && word != name && !strings.HasPrefix(word, "#") {
			calls = append(calls, callsOf(t, word)...)
		}
	}
	return calls
}

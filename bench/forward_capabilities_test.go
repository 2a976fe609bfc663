package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/testbed"
)

// someUser is a user without rights.
const someUser = 65534

// asUser is a user with these capabilities alone, who may open the node of the driver, in the namespace of A.
func asUser(e *testbed.End, capabilities ...int) string {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(capabilities), " ", ","), "[]")
	return fmt.Sprintf("mounts node=666 netns=%s with=%d:%s", e.Namespace.Path(), someUser, list)
}

// endWell ends a forwarder and returns what it printed from here on.
func endWell(t *testing.T, cmd *exec.Cmd, lines chan string, stderr func() string) (printed []string) {
	t.Helper()
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for line := range lines {
		printed = append(printed, line)
	}
	if code := exit(t, cmd); code != exitSuccess {
		t.Errorf("exit code %d: %s", code, stderr())
	}
	return printed
}

// TestForwardCapabilities: each description works with just the capabilities that bench/forward.md says, and with one fewer it fails
// and names that one.
func TestForwardCapabilities(t *testing.T) {
	bed := devices(t)
	addBridge(t, bed.A(), "br0")
	names := map[int]string{unix.CAP_NET_ADMIN: "CAP_NET_ADMIN", unix.CAP_SYS_ADMIN: "CAP_SYS_ADMIN", unix.CAP_NET_BIND_SERVICE: "CAP_NET_BIND_SERVICE"}
	for name, tc := range map[string]struct {
		text string
		need []int
	}{
		"new devices": {
			"dev: tap\nqueues: 2\nsteer: kernel\na: {device: new0, mtu: 1400, mac: '02:00:00:00:00:0a', addresses: 10.9.0.1/24, routes: default}\n" +
				"b: {device: new1, bridge: br0, promiscuous: true}",
			[]int{unix.CAP_NET_ADMIN},
		},
		"namespaces": {
			"steer: kernel\na: {device: new0, netns: {a}}\nb: {device: new1, netns: {b}}",
			[]int{unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN},
		},
		"metrics": {
			"steer: kernel\nmetrics: 0.0.0.0:81\na: {device: new0}\nb: {device: new1}",
			[]int{unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE},
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := described(t, bed, tc.text)
			cmd, lines, stderr := forwardingConfined(t, asUser(bed.A(), tc.need...), "--config", file)
			waitLine(t, lines, `^configured .*new1`)
			endWell(t, cmd, lines, stderr)
			for i, missing := range tc.need {
				fewer := append(append([]int{}, tc.need[:i]...), tc.need[i+1:]...)
				code, stdout, stderr := confined(t, asUser(bed.A(), fewer...), "forward", "--config", file)
				if code != exitUnsupported || !strings.Contains(stderr, names[missing]) || stdout != "" {
					t.Errorf("without %s: exit code %d, want %d: %s%s", names[missing], code, exitUnsupported, stdout, stderr)
				}
			}
		})
	}
	t.Run("own devices", func(t *testing.T) { // no capability, as long as nothing has to be changed
		prepare := described(t, bed, fmt.Sprintf("a: {device: own0, netns: {a}, persist: true, owner: %d}\nb: {device: own1, netns: {a}, persist: true, owner: %d}", someUser, someUser))
		cmd, lines, stderr := forwarding(t, "--config", prepare)
		waitLine(t, lines, `^configured .*own1`)
		endWell(t, cmd, lines, stderr)
		const text = "attach: true\nsteer: kernel\na: {device: own0, up: false}\nb: {device: own1, up: false%s}"
		cmd, lines, stderr = forwardingConfined(t, asUser(bed.A()), "--config", described(t, bed, fmt.Sprintf(text, "")))
		waitLine(t, lines, `^configured own1: down`)
		endWell(t, cmd, lines, stderr)
		code, _, errOut := confined(t, asUser(bed.A()), "forward", "--config", described(t, bed, fmt.Sprintf(text, ", mtu: 1400")))
		if code != exitUnsupported || !strings.Contains(errOut, "CAP_NET_ADMIN") || !strings.Contains(errOut, "set mtu 1400") {
			t.Errorf("exit code %d, want %d: %s", code, exitUnsupported, errOut)
		}
	})
	for name, tc := range map[string]struct {
		text string
		need []int
		says string // without the last of them: a note, and no error
	}{
		"steer":  {"queues: 2\nsteer: hash", []int{unix.CAP_NET_ADMIN, unix.CAP_BPF}, "CAP_BPF"},
		"intake": {"intake: auto", []int{unix.CAP_NET_ADMIN, unix.CAP_BPF, unix.CAP_PERFMON}, "intake=auto: "},
	} {
		t.Run(name, func(t *testing.T) {
			file := described(t, bed, tc.text+"\na: {device: new0}\nb: {device: new1}")
			for last, noted := range map[int]bool{len(tc.need): false, len(tc.need) - 1: true} {
				cmd, lines, stderr := forwardingConfined(t, asUser(bed.A(), tc.need[:last]...), "--config", file)
				printed := waitForLines(t, lines, `^configured new1`)
				endWell(t, cmd, lines, stderr)
				if got := strings.Contains(printed, "note: ") && strings.Contains(printed, tc.says); got != noted {
					t.Errorf("with capabilities %v: %s", tc.need[:last], printed)
				}
			}
		})
	}
}

// waitForLines returns all lines up to the first that begins so.
func waitForLines(t *testing.T, lines chan string, pattern string) (text string) {
	t.Helper()
	for line := range lines {
		text += line + "\n"
		if strings.HasPrefix(line, strings.TrimPrefix(pattern, "^")) {
			return text
		}
	}
	t.Fatalf("ended without %s:\n%s", pattern, text)
	return ""
}

package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"tunbench/forwarder/tun"
)

// underLoad waits until so many bytes of a measurement without warm-up have come out of
// its second device: the load of the trial has begun.
func underLoad(t *testing.T, cmd *exec.Cmd, bytes int) {
	t.Helper()
	eventually(t, "the load begins", func() bool {
		if !alive(cmd.Process.Pid) {
			t.Fatalf("the measurement ended before its load began: %v", cmd.Stderr)
		}
		return receivedBytes(t, "/run/netns/tb-"+itoa(cmd.Process.Pid)+"-b") >= bytes
	})
}

// receivedBytes is what all devices of a namespace but its loopback have received.
func receivedBytes(t *testing.T, namespace string) (sum int) {
	t.Helper()
	err := tun.InNamespace(namespace, func() error {
		text, err := os.ReadFile("/proc/thread-self/net/dev")
		for line := range strings.Lines(string(text)) {
			name, counters, ok := strings.Cut(line, ":")
			if !ok || strings.TrimSpace(name) == "lo" {
				continue
			}
			n, err := strconv.Atoi(strings.Fields(counters)[0])
			if err != nil {
				return err
			}
			sum += n
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

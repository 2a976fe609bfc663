package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCompareOffloadIsTCPUnlessAsked: a word about something else does not change the protocol.
func TestCompareOffloadIsTCPUnlessAsked(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skipf("needs bash: %v", err)
	}
	program := filepath.Join(t.TempDir(), "tunbench")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for words, tcp := range map[string]bool{
		"": true, "duration=100ms": true, "flows=4 -n 5": true, "proto=tcp": true,
		"proto=udp size=1400": false, "size=64 proto=udp": false, "dut=forwarder/proto=udp/size=64 -n 1": false,
	} {
		cmd := exec.Command("bash", append([]string{"../scripts/compare-offload.sh"}, strings.Fields(words)...)...)
		cmd.Env = append(os.Environ(), "TUNBENCH="+program)
		out, err := cmd.CombinedOutput()
		given := strings.Fields(string(out))
		if err != nil || slices.Contains(given, "proto=tcp") != tcp {
			t.Errorf("%q: %v, it measures %q", words, err, given)
		}
	}
}

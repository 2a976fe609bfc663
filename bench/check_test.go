package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckPasses: text on standard output, both files, and exit code 0.
func TestCheckPasses(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	markdown, junit := filepath.Join(dir, "check.md"), filepath.Join(dir, "check.xml")
	code, stdout, stderr := tunbench(t, "check", "--case", "legal/tcp-*", "dev=tun,tap", "--markdown", markdown, "--junit", junit)
	if code != exitSuccess || strings.Count(stdout, "2 passed, 0 failed") != 2 {
		t.Errorf("exit code %d, prints\n%s%s", code, stdout, stderr)
	}
	for file, says := range map[string]string{markdown: "| legal/tcp-flags | pass | pass |", junit: `<testcase name="legal/tcp-flags"`} {
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), says) {
			t.Errorf("%s: %v, no %q in\n%s", file, err, says, text)
		}
	}
}

// TestCheckFinds what wireguard-go's tun package, in the version of go.mod, does to a UDP
// checksum that computes to zero: it writes zero, which says that there is none (RFC 768).
func TestCheckFinds(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	code, stdout, stderr := tunbench(t, "check", "--json", "--case", "udp-checksum", "dut=wireguard-go,netpoll")
	if code != exitFailure || !strings.Contains(stderr, "1 of 2 cases failed") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	outcomes := map[string]string{}
	for line := range strings.Lines(stdout) {
		var record struct{ Kind, Setting, Outcome, Again, Decoded string }
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Kind != "case" {
			t.Fatalf("record %s: %v", line, err)
		}
		name, _, _ := strings.Cut(record.Setting, "/")
		outcomes[name] = record.Outcome
		if record.Outcome == "fail" && (record.Again != "fail" || !strings.Contains(record.Decoded, "checksum 0x0000")) {
			t.Errorf("record %s", line)
		}
	}
	if outcomes["dut=wireguard-go"] != "fail" || outcomes["dut=netpoll"] != "pass" {
		t.Errorf("outcomes %v", outcomes)
	}
}

// TestCheckRefusesGuests: no case can look at packets in a guest; what can be checked instead is said.
func TestCheckRefusesGuests(t *testing.T) {
	code, _, stderr := tunbench(t, "check", "topo=vm")
	if code != exitUsage || !strings.Contains(stderr, "topo=bridge") || !strings.Contains(stderr, "tunbench kernels 6.1 -- check") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestCheckLists(t *testing.T) {
	code, stdout, stderr := tunbench(t, "check", "--list", "--case", "hostile")
	if code != exitSuccess || strings.Count(stdout, "\n") != 6 || !strings.Contains(stdout, "hostile/lengths") {
		t.Errorf("exit code %d, prints\n%s%s", code, stdout, stderr)
	}
}

//go:build kernels

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// kernelsToTry are the oldest kernel that tunbench runs on, and one between it and those that the other tests run on.
const kernelsToTry = "5.10,6.1"

// TestKernelBoots runs tunbench, its comparison of doctor with run, and the forwarder's packet-exact comparison on other kernels. It needs no
// root, but QEMU and kernel packages, and some minutes where the CPU is emulated.
func TestKernelBoots(t *testing.T) {
	if err := guest.FindQEMU(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	program, forwarder, bench, measure := filepath.Join(dir, "tunbench"), filepath.Join(dir, "forwarder.test"), filepath.Join(dir, "bench.test"), filepath.Join(dir, "measure.test")
	buildStatic(t, "build", "-o", program, ".")
	buildStatic(t, "test", "-c", "-o", forwarder, "../forwarder")
	buildStatic(t, "test", "-c", "-o", bench, ".")
	buildStatic(t, "test", "-c", "-o", measure, "./internal/measure")
	kept := filepath.Join(dir, "kept")
	cmd, stdout, stderr := command(t, "kernels", kernelsToTry, "--json", "--binary", program, "--timeout", "5m", "-o", kept,
		"--", "calibrate", "--help",
		"--", forwarder, "-exact.lacks", "-test.v", "-test.parallel=1", "-test.run=^TestExact$/,engine=auto,gso=(pass|split),gro=auto,intake=false",
		"--", bench, "-test.v", "-test.run=^TestDoctorAgreesWithRun$",
		"--", measure, "-test.v", "-test.run=^TestKernelTunnels$")
	code := toItsEnd(t, cmd)
	t.Logf("%s", stderr)
	if stdout.Len() == 0 && code == exitUnsupported {
		t.Skip("this machine boots no kernel")
	}
	for line := range bytes.Lines(stdout.Bytes()) {
		var k results.Kernel
		if err := json.Unmarshal(line, &k); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		t.Run(k.Name, func(t *testing.T) {
			if k.Release == "" && code == exitUnsupported {
				t.Skip(k.Error)
			}
			checkBoot(t, k, filepath.Join(kept, k.Name))
		})
	}
}

func checkBoot(t *testing.T, k results.Kernel, kept string) {
	t.Logf("Linux %s: %.0f s", k.Release, k.DurationS)
	if k.Error != "" {
		t.Error(k.Error)
	}
	if len(k.Notes) > 0 {
		t.Errorf("the guest lacks %q", k.Notes)
	}
	for _, c := range k.Commands {
		if c.Outcome != "ok" {
			t.Errorf("%s: %s: %q", c.Command, c.Outcome, c.Failed)
		}
	}
	// Output comes back whole, and the tests that were meant ran.
	for file, all := range map[string][]string{
		"1-calibrate/stdout":      {"limited by"},
		"2-forwarder.test/stdout": {"--- PASS: TestExact/tap,queues=2,bothways=true,engine=auto,gso=split"},
		"3-bench.test/stdout":     {"--- PASS: TestDoctorAgreesWithRun"},
		"4-measure.test/stdout":   kernelTunnelPasses(),
	} {
		text, err := os.ReadFile(filepath.Join(kept, file))
		for _, words := range all {
			if err != nil || !strings.Contains(string(text), words) {
				t.Errorf("%s has no %q: %v\n%s", file, words, err, text)
			}
		}
	}
}

// kernelTunnelPasses are what the test of the kernel's own tunnels prints where the kernel has them all.
func kernelTunnelPasses() (lines []string) {
	for _, name := range scenario.KernelTunnels() {
		for _, how := range []string{"udp", "tcp", "delay"} {
			lines = append(lines, fmt.Sprintf("--- PASS: TestKernelTunnels/%s/%s", name, how))
		}
	}
	return lines
}

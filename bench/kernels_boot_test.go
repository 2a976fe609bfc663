//go:build kernels

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tunbench/bench/internal/guest"
)

// TestKernelBoots needs no root, but QEMU and a kernel package, and some minutes where the CPU is
// emulated.
func TestKernelBoots(t *testing.T) {
	if err := guest.FindQEMU(); err != nil {
		t.Skip(err)
	}
	program := filepath.Join(t.TempDir(), "tunbench")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, said)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	cmd, stdout, stderr := command(t, "kernels", "6.1", "--binary", program, "--timeout", "5m", "-o", kept, "--", "clean", "--", "calibrate", "--help")
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() == exitUnsupported {
		t.Skipf("this machine cannot boot a kernel: %s%s", stdout, stderr)
	}
	if err != nil {
		t.Fatalf("%v\n%s%s", err, stdout, stderr)
	}
	for _, word := range []string{"6.1.", "doctor", "clean", "ok", kept} {
		if !strings.Contains(stdout.String(), word) {
			t.Errorf("table has no %q:\n%s", word, stdout)
		}
	}
	help, err := os.ReadFile(filepath.Join(kept, "6.1", "2-calibrate", "stdout"))
	if err != nil || !strings.Contains(string(help), "limited by") {
		t.Errorf("what calibrate printed: %q, %v", help, err)
	}
}

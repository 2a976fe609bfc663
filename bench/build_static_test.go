//go:build kernels || fleet

package main

import (
	"os"
	"os/exec"
	"testing"
)

// buildStatic makes a program that needs no libraries, which guests, and other machines, may not have.
func buildStatic(t *testing.T, args ...string) {
	t.Helper()
	build := exec.Command("go", args...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, said)
	}
}

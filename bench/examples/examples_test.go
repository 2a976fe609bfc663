// Package examples tests the example programs, as far as the main module can build them.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// lookPath returns the path of a tool, or skips.
func lookPath(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("needs %s: %v", tool, err)
	}
	return path
}

// buildC compiles the program of a folder, with more sources, whose compiler has nothing to say, and returns its path.
func buildC(t *testing.T, folder string, more ...string) string {
	t.Helper()
	gcc := lookPath(t, "gcc")
	program := filepath.Join(t.TempDir(), folder)
	source := filepath.Join(folder, folder+"-forwarder.c")
	args := append([]string{"-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program, source}, more...)
	out, err := exec.Command(gcc, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", source, err, out)
	}
	return program
}

// TestBuildsOfC: without a warning.
func TestBuildsOfC(t *testing.T) {
	for _, folder := range []string{"c", "tpacket"} {
		t.Run(folder, func(t *testing.T) { buildC(t, folder) })
	}
}

// TestPythonCompiles, without leaving anything in the folder.
func TestPythonCompiles(t *testing.T) {
	cmd := exec.Command(lookPath(t, "python3"), "-W", "error", "-m", "py_compile", "python/forwarder.py", "tunnel/tunnel.py")
	cmd.Env = append(os.Environ(), "PYTHONPYCACHEPREFIX="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

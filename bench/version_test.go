package main

import (
	"runtime"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	code, stdout, stderr := tunbench(t, "--version")
	if code != exitSuccess || stderr != "" || !strings.HasPrefix(stdout, "tunbench ") || !strings.Contains(stdout, runtime.Version()) || strings.Count(stdout, "\n") != 1 {
		t.Errorf("exit code %d, %s, prints %q", code, stderr, stdout)
	}
}

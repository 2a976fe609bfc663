package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManPages: each command that help lists has one, with its examples and flags; its text is laid out as in the help.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := tunbench(t, "man", dir); code != exitSuccess {
		t.Fatal(stderr)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, help, _ := tunbench(t, "--help")
	_, commands, _ := strings.Cut(help, "Available Commands:\n")
	commands, _, _ = strings.Cut(commands, "\n\n")
	var n int
	for line := range strings.Lines(commands) {
		name := strings.Fields(line)[0]
		if name == "help" {
			continue
		}
		n++
		if page := read("tunbench-" + name + ".1"); !strings.Contains(page, ".SH DESCRIPTION") || !strings.Contains(page, ".SH OPTIONS") {
			t.Errorf("the page of %s lacks a section", name)
		}
	}
	if n < 12 {
		t.Errorf("%d commands in the help", n)
	}
	if page := read("tunbench-run.1"); !strings.Contains(page, "\n    size") && !strings.Contains(page, "\n  size") {
		t.Error("the settings of run are not laid out")
	}
	if page := read("tunbench.1"); strings.Contains(page, "Jan 0001") {
		t.Error("the pages are of the year 1")
	}
	for _, args := range [][]string{{"man"}, {"man", filepath.Join(dir, "no-such")}} {
		if code, _, stderr := tunbench(t, args...); code != exitUsage {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

func TestAsMarkdown(t *testing.T) {
	const help = "Run *it* in <place>.\n\nKeys:\n  a_b  one\n  c    two\nEnd."
	const want = "Run \\*it\\* in \\<place>.\n\nKeys:\n\n      a_b  one\n      c    two\n\nEnd."
	if got := asMarkdown(help); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

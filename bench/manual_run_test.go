package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// readers are the commands that only read files: they need no root, and are quick.
var readers = []string{"report", "compare", "history"}

// shownReaders are the command lines of readers in the manual and in help texts, with where they stand.
func shownReaders(t *testing.T) map[string]string {
	t.Helper()
	where := map[string]string{}
	add := func(commands [][]string, at string) {
		for _, args := range commands {
			names := slices.ContainsFunc(args, func(arg string) bool { return strings.HasSuffix(arg, ".jsonl") || strings.HasSuffix(arg, "/") })
			if slices.Contains(readers, args[0]) && names { // a text may speak of a command without its files
				where[strings.Join(args, " ")] = at
			}
		}
	}
	inline := regexp.MustCompile("`(tunbench [^`]+)`")
	for path, page := range manual(t) {
		add(shownCommands(page), path)
		for _, match := range inline.FindAllStringSubmatch(page, -1) {
			if shown := match[1]; !regexp.MustCompile(`\b(FILE|NAME|DIR)\b`).MatchString(shown) {
				add(shownCommands("```\n"+strings.ReplaceAll(shown, "\n", " ")+"\n```"), path)
			}
		}
	}
	for _, examples := range []string{reportExamples, compareExamples, historyExamples} {
		add(shownCommands("```\n"+regexp.MustCompile(`(?m)^ +`).ReplaceAllString(examples, "")+"\n```"), "help")
	}
	return where
}

// readersFolder is a folder to be in for them: the baselines of this repository, a fortnight of nights, and any file that a command names.
func readersFolder(t *testing.T, commands map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	baseline, err := os.ReadFile("../results/baselines/vm-default.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().AddDate(1, 0, 0) // than any baseline
	nights := nightlyFrom(t, later, slices.Repeat([]float64{2, 2.01}, 7)...)
	for _, folder := range []string{"results", "nightly"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(nights)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "results/baselines"), os.DirFS("../results/baselines")); err != nil {
		t.Fatal(err)
	}
	for line := range commands {
		for _, word := range strings.Fields(line) {
			path := filepath.Join(dir, word)
			if !strings.HasSuffix(word, ".jsonl") || strings.Contains(word, "*") {
				continue
			}
			if _, err := os.Stat(path); err == nil {
				continue
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, baseline, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// TestShownReadersRun: every command of the manual and of help that reads result files is run, and reads them. What it says of their figures is another matter: a comparison of a
// file with itself is undecided where it has few trials.
func TestShownReadersRun(t *testing.T) {
	commands := shownReaders(t)
	if len(commands) < 10 {
		t.Errorf("found %d commands: %v", len(commands), commands)
	}
	dir := readersFolder(t, commands)
	for line, where := range commands {
		args := strings.Fields(line)
		for i := 0; i < len(args); i++ {
			if !strings.Contains(args[i], "*") {
				continue
			}
			found, err := filepath.Glob(filepath.Join(dir, args[i])) // as a shell does
			if err != nil || len(found) == 0 {
				t.Fatalf("%s: %s matches nothing", line, args[i])
			}
			args = slices.Replace(args, i, i+1, found...)
			i += len(found) - 1
		}
		cmd, stdout, stderr := command(t, args...)
		cmd.Dir = dir
		code := toItsEnd(t, cmd)
		allowed := []int{exitSuccess}
		if args[0] == "compare" {
			allowed = append(allowed, exitInconclusive)
		}
		if !slices.Contains(allowed, code) || stdout.Len() == 0 {
			t.Errorf("%s: tunbench %s: exit code %d, prints %d bytes: %s", where, line, code, stdout.Len(), stderr)
		}
	}
}

// TestShownErrors: a command that the manual shows to be mistaken ends in just that error.
func TestShownErrors(t *testing.T) {
	n := 0
	for path, page := range manual(t) {
		for _, code := range codeOf(page) {
			for _, match := range shownError.FindAllStringSubmatch(code, -1) {
				n++
				code, stdout, stderr := tunbench(t, fields(match[1])...)
				if code != exitUsage || stdout != "" || stderr != match[2]+"\n" {
					t.Errorf("%s: tunbench %s: exit code %d: %s%s, want %s", path, match[1], code, stdout, stderr, match[2])
				}
			}
		}
	}
	if n == 0 {
		t.Error("the manual shows no error")
	}
}

// TestForwardCheckAsWritten: the first file of the page on forward --config is checked as shown.
func TestForwardCheckAsWritten(t *testing.T) {
	text, err := os.ReadFile("forward.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := codeOf(string(text))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tun.yaml"), []byte(blocks[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	shown, rest, ok := strings.Cut(blocks[1], "\n")
	args, isOurs := strings.CutPrefix(shown, "# tunbench ")
	want, _, more := strings.Cut(rest, "# ")
	if !ok || !isOurs || !more {
		t.Fatalf("the page begins with %q", blocks[:2])
	}
	cmd, stdout, stderr := command(t, strings.Fields(args)...)
	cmd.Dir = dir
	if code := toItsEnd(t, cmd); code != exitSuccess || stdout.String() != want || stderr.Len() > 0 {
		t.Errorf("exit code %d, prints %q, want %q: %s", code, stdout, want, stderr)
	}
}

// TestHelpOfEveryCommand is printed by the command itself, without root and without a word on standard error.
func TestHelpOfEveryCommand(t *testing.T) {
	t.Parallel()
	con := &console{stdout: io.Discard, stderr: io.Discard}
	commands := con.rootCommand().Commands()
	if len(commands) < 10 {
		t.Errorf("%d commands", len(commands))
	}
	for _, sub := range commands {
		code, stdout, stderr := tunbench(t, sub.Name(), "--help")
		if code != exitSuccess || stderr != "" || !strings.Contains(stdout, "Usage:\n  tunbench "+sub.Name()) {
			t.Errorf("tunbench %s --help: exit code %d: %s%s", sub.Name(), code, stdout, stderr)
		}
	}
	for _, args := range [][]string{{"--version"}, {"help", "run"}, {"completion", "bash"}, {"man", t.TempDir()}} {
		if code, _, stderr := tunbench(t, args...); code != exitSuccess {
			t.Errorf("tunbench %v: exit code %d: %s", args, code, stderr)
		}
	}
}

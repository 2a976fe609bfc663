package main

import (
	"errors"
	"fmt"
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

// TestScriptForgivesOnlyWhatIsInconclusive: of all that a gate can say, a noisy machine excuses one thing, in the script for CI and in the workflow.
func TestScriptForgivesOnlyWhatIsInconclusive(t *testing.T) {
	if os.Getenv("PATH") == "" {
		t.Skip("no PATH")
	}
	repository := t.TempDir()
	scripts := filepath.Join(repository, "scripts")
	copyOf := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "scripts", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(scripts, name)
		if err := errors.Join(os.MkdirAll(scripts, 0o755), os.WriteFile(path, b, 0o755)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	copyOf("lib.sh")
	script := copyOf("ci-regression.sh")
	shell(t, repository, "git init -q -b main && git add . && git -c user.name=x -c user.email=x@example.com commit -q -m x && echo >> scripts/lib.sh")
	workflow := stepOf(t, filepath.Join("..", "scripts", "github-actions.yml"), "Did it become slower?")
	for said, want := range map[int]int{exitSuccess: 0, exitFailure: 1, exitUsage: 2, exitRegression: 3, exitInconclusive: 0, exitUnsupported: 5} {
		t.Setenv("TUNBENCH", filepath.Join(t.TempDir(), "tunbench"))
		if err := os.WriteFile(os.Getenv("TUNBENCH"), fmt.Appendf(nil, "#!/bin/sh\nexit %d\n", said), 0o755); err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		for form, command := range map[string]string{
			"without the switch": script + " --against main --out " + out,
			"with the switch":    script + " --against main --out " + out + " --tolerate-inconclusive",
			"the workflow":       strings.NewReplacer("sudo env \"PATH=$PATH\" ", "", "origin/$BASE", "main", "--out gate", "--out "+out).Replace(workflow),
		} {
			wanted := want
			if form == "without the switch" {
				wanted = said
			}
			cmd := exec.Command("bash", "-e", "-c", command)
			cmd.Dir = repository
			text, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != wanted {
				t.Errorf("%s: the gate said %d, the exit code is %d, want %d: %s", form, said, got, wanted, text)
			}
		}
	}
}

// TestRootBuildsNothingInTheTreeOfAnother: it installs what its owner has built, and says so where that is not there or old.
func TestRootBuildsNothingInTheTreeOfAnother(t *testing.T) {
	needRoot(t)
	tree, prefix := t.TempDir(), t.TempDir()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	shell(t, tree, "mkdir bench forwarder offload results ringbuf && touch go.mod go.sum bench/main.go")
	if err := os.WriteFile(filepath.Join(tree, "Makefile"), makefile, 0o644); err != nil {
		t.Fatal(err)
	}
	const owner = 65534
	if err := os.Chown(tree, owner, owner); err != nil {
		t.Fatal(err)
	}
	install := func() (string, error) {
		cmd := exec.Command("make", "install", "PREFIX="+prefix)
		cmd.Dir = tree
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := install(); err == nil || !strings.Contains(out, "is not there: run 'make build' first, without sudo") {
		t.Errorf("without a program: %v: %s", err, out)
	}
	shell(t, tree, "mkdir bin && printf '#!/bin/sh\\necho built by its owner\\n' > bin/tunbench && chmod +x bin/tunbench && touch -d '1 hour ago' go.mod go.sum bench/main.go Makefile")
	if out, err := install(); err != nil {
		t.Errorf("with a program: %v: %s", err, out)
	}
	if installed, err := os.ReadFile(filepath.Join(prefix, "bin/tunbench")); err != nil || !strings.Contains(string(installed), "built by its owner") {
		t.Errorf("installed %q, %v", installed, err)
	}
	shell(t, tree, "touch -d '1 hour' bench/main.go")
	if out, err := install(); err == nil || !strings.Contains(out, "bin/tunbench is older than bench/main.go") {
		t.Errorf("with a program that is older than its source: %v: %s", err, out)
	}
}

// shell runs a command in a folder.
func shell(t *testing.T, folder, command string) {
	t.Helper()
	cmd := exec.Command("bash", "-e", "-c", command)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
}

// stepOf is the script of a step of a workflow, by its name.
func stepOf(t *testing.T, path, name string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, step, found := strings.Cut(string(b), "- name: "+name+"\n")
	_, step, hasRun := strings.Cut(step, "run: |\n")
	if !found || !hasRun {
		t.Fatalf("%s has no script of a step %q", path, name)
	}
	step, _, _ = strings.Cut(step, "\n\n")
	return step
}

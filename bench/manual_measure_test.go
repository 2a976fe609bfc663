//go:build manual

package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inBrief are the words and flags that make a command measure as little as it can.
var inBrief = map[string]string{
	"run":    "duration=100ms warmup=0s --no-calibration -n 1",
	"ab":     "duration=100ms warmup=0s --no-calibration -n 2 --min-rounds 2 --no-control",
	"sweep":  "duration=100ms warmup=0s --no-calibration -n 1",
	"search": "--no-calibration --latency=false",
	"burst":  "--no-calibration -n 1",
	"soak":   "--no-calibration --for 1s --interval 500ms",
	"check":  "--case legal/tcp-*",
}

// elsewhere says which test runs a command that this one does not, by what it has in it.
var elsewhere = map[string]string{
	"topo=vm":    "TestGuestIsFarEnd",
	"--plan ":    "TestShards",
	"--plan-out": "TestPlanOut",
}

// shownMeasurements are the command lines of the manual that measure, but for those of gate, bisect and kernels, with where they stand.
func shownMeasurements(t *testing.T) map[string]string {
	t.Helper()
	where := map[string]string{}
	for path, page := range manual(t) {
		for _, args := range shownCommands(page) {
			line := strings.Join(args, " ")
			_, measures := inBrief[args[0]]
			runsElsewhere := slices.ContainsFunc(slices.Collect(maps.Keys(elsewhere)), func(what string) bool { return strings.Contains(line, what) })
			if measures && !runsElsewhere {
				where[line] = path
			}
		}
	}
	return where
}

// readersProject is the folder that a reader of the manual is in: a repository with two commits, the examples, built, and
// program files of the reader's own.
func readersProject(t *testing.T) string {
	t.Helper()
	needCompiler(t)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	do := func(words ...string) {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", words, err, out)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "bench/examples"), os.DirFS("examples")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "results/baselines"), 0o755); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("vpn.md")
	if err != nil {
		t.Fatal(err)
	}
	mine := regexp.MustCompile(`(?m)^command: .*`).ReplaceAllString(codeOf(string(page))[0], `command: [sh, -c, "TUNBENCH_VNET=on TUNBENCH_OFFLOAD=all exec bench/examples/c/c-forwarder"]`)
	write("mine.yaml", strings.Replace(mine, "build: [make]", "build: [make, -s, -C, bench/examples/c]", 1))
	write("myvpn.yaml", "name: myvpn\ntopology: tunnel\noverhead: 28\ncommand: [python3, bench/examples/tunnel/tunnel.py]\nbuild: ['true']\n")
	git := []string{"git", "-c", "user.name=x", "-c", "user.email=x@example.com"}
	do("git", "init", "-q", "-b", "main")
	do("git", "add", ".")
	do(append(git, "commit", "-q", "-m", "first")...)
	do("git", "tag", "v1.2")
	do(append(git, "commit", "-q", "--allow-empty", "-m", "second")...)
	makefiles, _ := filepath.Glob(filepath.Join(dir, "bench/examples/*/Makefile"))
	for _, makefile := range makefiles {
		do("make", "-s", "-C", filepath.Dir(makefile))
	}
	return dir
}

// shortened is a command line that measures as little as it can, and writes into no folder but its own.
func shortened(dir, line string) []string {
	line = regexp.MustCompile(` (duration|warmup)=\S+| (-n|-o|--for|--markdown|--junit) (\$\([^)]*\)|\S)*`).ReplaceAllString(line, "")
	line = strings.ReplaceAll(line, "$E", filepath.Join(dir, "bench/examples"))
	args := strings.Fields(line)
	brief := strings.Fields(inBrief[args[0]])
	lasting := func(d string) {
		if i := slices.IndexFunc(brief, func(word string) bool { return strings.HasPrefix(word, "duration=") }); i >= 0 {
			brief[i] = "duration=" + d
		}
	}
	switch {
	case strings.Contains(line, "gen=iperf3"):
		lasting("1s") // whole seconds
	case slices.Contains(args, "load=pingpong") || slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "load=max,") }):
		lasting("500ms") // what answers may need more time than that
	}
	return append(args, brief...)
}

// TestShownMeasurementsRun: every command of the manual that measures does, in brief. What it finds is another matter.
func TestShownMeasurementsRun(t *testing.T) {
	needRoot(t)
	commands, dir := shownMeasurements(t), readersProject(t)
	if len(commands) < 30 {
		t.Errorf("found %d commands: %v", len(commands), commands)
	}
	for line, where := range commands {
		t.Run(line, func(t *testing.T) {
			args := shortened(dir, line)
			cmd, stdout, stderr := command(t, args...)
			cmd.Dir = dir
			code := toItsEnd(t, cmd)
			switch {
			case code == exitUnsupported && !strings.Contains(stderr.String(), "for a single network namespace"):
				t.Skipf("%s: %s", where, stderr)
			case args[0] == "check" && strings.Contains(line, "--program") && code == exitFailure && strings.Contains(stdout.String(), "failed"):
				t.Logf("%s: a program of others fails cases:\n%s", where, stdout)
			case !slices.Contains([]int{exitSuccess, exitRegression, exitInconclusive}, code) || stdout.Len() == 0:
				t.Errorf("%s: tunbench %s: exit code %d, prints %d bytes: %s", where, strings.Join(args, " "), code, stdout.Len(), stderr)
			}
		})
	}
}

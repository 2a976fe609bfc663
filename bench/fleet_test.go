package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fleetOf renders a plan for an engine.
func fleetOf(t *testing.T, args ...string) (dir string) {
	t.Helper()
	tmp := t.TempDir()
	plan, binary, dir := filepath.Join(tmp, "plan.json"), filepath.Join(tmp, "static"), filepath.Join(tmp, "fleet")
	source := filepath.Join(tmp, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", binary, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, words := range [][]string{
		{"run", "--plan-out", plan, "--shards", "3", "size=64"},
		append([]string{"fleet", "render", "--binary", binary, "-o", dir, plan}, args...),
	} {
		if code, _, stderr := tunbench(t, words...); code != exitSuccess {
			t.Fatalf("%v: exit code %d: %s", words, code, stderr)
		}
	}
	return dir
}

// TestFleetBeforeSubmit: the number of machines of the plan is that of the fleet; what was never submitted is said, and nothing is waited for.
func TestFleetBeforeSubmit(t *testing.T) {
	t.Parallel()
	dir := fleetOf(t, "--engine", "slurm")
	script, err := os.ReadFile(filepath.Join(dir, "shard.sbatch"))
	if err != nil || !strings.Contains(string(script), "#SBATCH --array=0-2\n") {
		t.Errorf("%v: %s", err, script)
	}
	code, stdout, _ := tunbench(t, "fleet", "status", dir)
	if code != exitInconclusive || !strings.Contains(stdout, "0 of 3 complete, 3 not submitted") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if code, stdout, _ = tunbench(t, "fleet", "status", "--json", dir); code != exitInconclusive || strings.Count(stdout, `"phase":"not submitted"`) != 3 {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	if code, _, stderr := tunbench(t, "fleet", "collect", dir); code != exitUsage || !strings.Contains(stderr, "tunbench fleet submit") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if code, _, stderr := tunbench(t, "fleet", "collect", "--now", dir); code != exitInconclusive || !strings.Contains(stderr, "0 of 3 complete") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	cmd, _, stderr := command(t, "fleet", "submit", dir)
	cmd.Env = append(cmd.Env, "PATH=/nowhere")
	if code := toItsEnd(t, cmd); code != exitUnsupported || !strings.Contains(stderr.String(), "sbatch is not in the PATH") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestFleetRefuses(t *testing.T) {
	t.Parallel()
	tmp := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(tmp, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plan := filepath.Join(tmp, "plan.json")
	if code, _, stderr := tunbench(t, "run", "--plan-out", plan, "--shards", "3", "size=64"); code != exitSuccess {
		t.Fatal(stderr)
	}
	newer, twice := write("newer.json", `{"plan_schema": 99}`), write("twice", "a\nb\na\n")
	for _, tc := range []struct {
		args string
		code int
		says []string
	}{
		{"render " + plan, exitUsage, []string{"which engine", "slurm"}},
		{"render --engine nomad " + plan, exitUsage, []string{"nomad", "kubernetes, slurm, ssh"}},
		{"render --engine slurm", exitUsage, []string{"arg"}},
		{"render --engine slurm /nowhere.json", exitUsage, []string{"/nowhere.json"}},
		{"render --engine slurm " + newer, exitUsage, []string{newer, "newer"}},
		{"render --engine slurm --shards 4 " + plan, exitUsage, []string{"--shards 4", "is for 3"}},
		{"render --engine slurm --hosts " + twice + " " + plan, exitUsage, []string{twice, "a is in the list twice"}},
		{"render --engine ssh " + plan, exitUsage, []string{"--hosts FILE"}},
		{"render --engine kubernetes " + plan, exitUsage, []string{"--image NAME"}},
		{"render --engine slurm --cpus 4 " + plan, exitUsage, []string{"--cpus is for --engine kubernetes"}},
		{"clean " + tmp, exitUsage, []string{"fleet.json", "fleet render"}},
		{"submit " + tmp, exitUsage, []string{"fleet.json", "fleet render"}},
		{"status /nowhere", exitUsage, []string{"/nowhere", "fleet render"}},
		{"collect --every 0s " + tmp, exitUsage, []string{"--every 0s"}},
		{"collect --retries -1 " + tmp, exitUsage, []string{"--retries -1"}},
		{"collect -o " + plan + " " + tmp, exitFailure, []string{plan, "choose another name"}},
		{"collect", exitUsage, []string{"arg"}},
		{"cancel", exitUsage, []string{"cancel"}},
	} {
		code, stdout, stderr := tunbench(t, append([]string{"fleet"}, strings.Fields(tc.args)...)...)
		if code != tc.code || stdout != "" {
			t.Errorf("%s: exit code %d, want %d, prints %q: %s", tc.args, code, tc.code, stdout, stderr)
		}
		for _, word := range tc.says {
			if !strings.Contains(stderr, word) {
				t.Errorf("%s: %q does not mention %q", tc.args, strings.TrimSpace(stderr), word)
			}
		}
	}
}

// TestFleetPlanIsEdited: who edits the plan in the folder is told what to do instead.
func TestFleetPlanIsEdited(t *testing.T) {
	t.Parallel()
	dir := fleetOf(t, "--engine", "slurm")
	path := filepath.Join(dir, "plan.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "size=64", "size=65", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := tunbench(t, "fleet", "submit", dir); code != exitUsage || !strings.Contains(stderr, "render the changed plan into a new folder") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

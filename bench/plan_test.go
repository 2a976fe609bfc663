package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/campaign"
	"tunbench/results"
)

// TestPlanOut: each command that measures can write its plan instead, as any user; what it writes can be read, and to write the same once more
// gives the same hash.
func TestPlanOut(t *testing.T) {
	for _, args := range []string{
		"run dut=veth,route size=64", "run --preset smoke", "ab a:gro=off b:gro=auto", "gate --baseline git:main", "gate --baseline x --preset default dut=forwarder",
		"sweep dut=veth size=64,128", "search dut=veth", "burst dut=veth", "soak dut=veth load=1000",
	} {
		path := filepath.Join(t.TempDir(), "plan.json")
		code, stdout, stderr := tunbench(t, append(strings.Fields(args), "--plan-out", path, "--shards", "3")...)
		if code != exitSuccess || stdout != "" {
			t.Errorf("%s: exit code %d: %s%s", args, code, stdout, stderr)
			continue
		}
		file, err := campaign.ReadPlan(path)
		if err != nil {
			t.Errorf("%s: %v", args, err)
			continue
		}
		hash, err := campaign.Hash(file.Plan)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stderr, "plan "+hash) || !strings.Contains(stderr, "nothing was measured") || !strings.Contains(stderr, "tunbench run --plan "+path) {
			t.Errorf("%s: %s", args, stderr)
		}
		if file.Shards != 3 || time.Since(file.Written) > time.Hour {
			t.Errorf("%s: %+v", args, file)
		}
		if _, _, again := tunbench(t, append(strings.Fields(args), "--plan-out", "-")...); !strings.Contains(again, "plan "+hash) {
			t.Errorf("%s: written once more: %s, want %s", args, again, hash)
		}
		if code, _, stderr := tunbench(t, append(strings.Fields(args), "--plan-out", path)...); code != exitFailure || !strings.Contains(stderr, "another name") {
			t.Errorf("%s: over a file: exit code %d: %s", args, code, stderr)
		}
	}
}

// planOf writes a plan for three machines with two short scenarios.
func planOf(t *testing.T, words ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "plan.json")
	args := append([]string{"run", "dut=veth", "size=64,128", "duration=100ms", "warmup=20ms", "--no-calibration", "--plan-out", path, "--shards", "3"}, words...)
	if code, _, stderr := tunbench(t, args...); code != exitSuccess {
		t.Fatal(stderr)
	}
	return path
}

// TestWrongShards: what a scheduler, or a slip, says is refused before anything is measured.
func TestWrongShards(t *testing.T) {
	plan := planOf(t)
	dir := filepath.Join(t.TempDir(), "results")
	for _, tc := range []struct{ env, shard, want string }{
		{"", "3/3", "--shard 3/3: out of range"},
		{"", "-1/3", "--shard -1/3: out of range"},
		{"", "one", "--shard one: want I/N"},
		{"", "0/4", "is for 3 machines"},
		{"JOB_COMPLETION_INDEX=3", "", "JOB_COMPLETION_INDEX=3 of 3: out of range"},
		{"SLURM_ARRAY_TASK_ID=x", "", "SLURM_ARRAY_TASK_ID=x: want a whole number"},
		{"TUNBENCH_SHARDS=many", "", "TUNBENCH_SHARDS=many: want the number"},
		{"TUNBENCH_SHARDS=4 JOB_COMPLETION_INDEX=0", "", "is for 3 machines"},
		{"", "", "which of 3 machines is this? give --shard I/3"},
	} {
		args := []string{"run", "--plan", plan, "--out", dir}
		if tc.shard != "" {
			args = append(args, "--shard="+tc.shard)
		}
		cmd, stdout, stderr := command(t, args...)
		cmd.Env = append(cmd.Env, strings.Fields(tc.env)...)
		if code := toItsEnd(t, cmd); code != exitUsage || !strings.Contains(stderr.String(), tc.want) || stdout.Len() > 0 {
			t.Errorf("%+v: exit code %d: %s", tc, code, stderr)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder was made for nothing")
	}
}

// shardsIn lists the files of shards, and what was set aside.
func shardsIn(t *testing.T, dir string) (whole, aside []string) {
	t.Helper()
	whole, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	aside, err = filepath.Glob(filepath.Join(dir, "*.incomplete*"))
	if err != nil {
		t.Fatal(err)
	}
	return whole, aside
}

// killAmid kills a shard, the only one in a folder, that has some trials; its exit code is that of success if it was complete by then.
func killAmid(t *testing.T, cmd *exec.Cmd, dir string) (code int) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "trials are in the file", func() bool {
		whole, _ := shardsIn(t, dir)
		if len(whole) != 1 {
			return false
		}
		text, err := os.ReadFile(whole[0])
		return err == nil && strings.Count(string(text), `"record":"trial"`) >= 3
	})
	if err := cmd.Process.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// TestShards: a plan on three machines, which are one here: each in another way of saying which it is, one killed in the middle, one out of its
// log.
func TestShards(t *testing.T) {
	needRoot(t)
	for name, resume := range map[string]bool{"repeated": false, "continued": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := planOf(t, "-n", "6")
			dir := filepath.Join(t.TempDir(), "results")
			shard := func(env string, args ...string) *exec.Cmd {
				cmd, _, _ := command(t, append([]string{"run", "--plan", plan, "--out", dir}, args...)...)
				cmd.Env = append(cmd.Env, env)
				return cmd
			}
			measure := func(cmd *exec.Cmd) {
				if code := toItsEnd(t, cmd); code != exitSuccess {
					t.Fatalf("%v: exit code %d: %s", cmd.Args, code, cmd.Stderr)
				}
			}
			// One is killed when it has some of its trials.
			for killAmid(t, shard("TUNBENCH_SHARDS=3", "--shard", "0/3"), dir) == exitSuccess {
				t.Log("it was faster than this test: once more")
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}
			if code, _, stderr := tunbench(t, "merge", dir); code != exitUsage || !strings.Contains(stderr, "no shard is complete") {
				t.Errorf("nothing but what was killed: exit code %d: %s", code, stderr)
			}
			measure(shard("JOB_COMPLETION_INDEX=1"))
			if code, _, stderr := tunbench(t, "merge", dir); code != exitInconclusive || !strings.Contains(stderr, "shard 0/3 is missing") || !strings.Contains(stderr, "shard 2/3 is missing") {
				t.Errorf("two missing: exit code %d: %s", code, stderr)
			}

			again := []string{"--shard", "0/3"}
			if resume {
				again = append(again, "--resume")
			}
			measure(shard("X=y", again...))
			whole, aside := shardsIn(t, dir)
			if len(whole) != 2 || len(aside) != map[bool]int{false: 1, true: 0}[resume] {
				t.Errorf("files %v, set aside %v", whole, aside)
			}
			before, err := os.ReadFile(whole[0])
			if err != nil {
				t.Fatal(err)
			}
			measure(shard("X=y", again...)) // complete already
			if after, err := os.ReadFile(whole[0]); err != nil || string(after) != string(before) {
				t.Errorf("a complete shard was measured again: %v", err)
			}

			array := shard("SLURM_ARRAY_TASK_ID=2")
			measure(array)
			log := filepath.Join(t.TempDir(), "slurm.out")
			if err := os.WriteFile(log, []byte(array.Stdout.(interface{ String() string }).String()), 0o600); err != nil {
				t.Fatal(err)
			}
			whole, _ = shardsIn(t, dir)
			if err := os.Remove(whole[2]); err != nil {
				t.Fatal(err)
			}
			merged := filepath.Join(t.TempDir(), "merged.jsonl")
			code, stdout, stderr := tunbench(t, append([]string{"merge", dir, log, "-o", merged}, aside...)...)
			if code != exitSuccess || !strings.Contains(stdout, "3 of 3 shards, 36 trials") || strings.Contains(stderr, "left out") == resume ||
				strings.Contains(stderr, "several sittings") != resume {
				t.Errorf("exit code %d: %s%s", code, stdout, stderr)
			}
			file, err := results.ReadFile(merged)
			if err != nil {
				t.Fatal(err)
			}
			for i, part := range file.Parts() {
				seen := map[string]int{}
				for _, trial := range part.Trials {
					seen[trial.Scenario]++
					if trial.Failed() {
						t.Errorf("part %d: %s", i, trial.Error)
					}
				}
				if part.Shard.Index != i || len(part.Trials) != 12 || len(seen) != 2 || len(part.Warnings) > 0 || part.ShardEnd == nil || part.ShardEnd.Exit != 0 {
					t.Errorf("part %d: %+v, %v, %v", i, part.Shard, seen, part.Warnings)
				}
			}
		})
	}
}

// TestInterruptedShard: it is incomplete, says how to go on, and prints no copy.
func TestInterruptedShard(t *testing.T) {
	needRoot(t)
	dir := filepath.Join(t.TempDir(), "results")
	cmd, stdout, stderr := command(t, "run", "--plan", planOf(t, "-n", "1000"), "--shard", "1/3", "--out", dir, "--frame")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if whole, _ := shardsIn(t, dir); len(whole) == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it does not begin")
		}
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(stderr.String(), "shard 1/3 is incomplete") || !strings.Contains(stderr.String(), "--resume") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if strings.Contains(stdout.String(), "tunbench-shard") {
		t.Error("it prints a copy of what is incomplete")
	}
	if code, _, said := tunbench(t, "merge", dir); code != exitUsage || !strings.Contains(said, "interrupted: ") {
		t.Errorf("merge: exit code %d: %s", code, said)
	}
}

// TestShardOfComparison: the exit code of a shard is that of the command that made the plan, also when it is asked for once more.
func TestShardOfComparison(t *testing.T) {
	needRoot(t)
	plan, dir := filepath.Join(t.TempDir(), "plan.json"), t.TempDir()
	args := strings.Fields("ab a:dut=veth b:dut=veth size=64 duration=100ms warmup=20ms -n 2 --no-calibration --plan-out " + plan)
	if code, _, stderr := tunbench(t, args...); code != exitSuccess {
		t.Fatal(stderr)
	}
	first, stdout, said := tunbench(t, "run", "--plan", plan, "--out", dir)
	whole, _ := shardsIn(t, dir)
	if len(whole) != 1 {
		t.Fatalf("%v: exit code %d: %s%s", whole, first, stdout, said)
	}
	file, err := results.ReadFile(whole[0])
	if err != nil {
		t.Fatal(err)
	}
	if file.ShardEnd == nil || file.ShardEnd.Exit != first || len(file.Comparisons) == 0 {
		t.Errorf("exit code %d, recorded %+v", first, file.ShardEnd)
	}
	text, err := os.ReadFile(whole[0])
	if err != nil {
		t.Fatal(err)
	}
	// As if it had been killed: an interrupted comparison cannot go on.
	if err := os.WriteFile(whole[0], text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := tunbench(t, "run", "--plan", plan, "--out", dir, "--resume")
	if _, aside := shardsIn(t, dir); code != first || len(aside) != 1 || !strings.Contains(stderr, "cannot be continued and is measured anew") {
		t.Errorf("killed: exit code %d, set aside %v: %s", code, aside, stderr)
	}
	// As if it had ended otherwise.
	changed := strings.Replace(string(text), fmt.Sprintf(`"exit":%d`, first), `"exit":3`, 1)
	if err := os.WriteFile(whole[0], []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := tunbench(t, "run", "--plan", plan, "--out", dir); code != exitRegression || !strings.Contains(stderr, "measured before, with exit code 3") {
		t.Errorf("once more: exit code %d: %s", code, stderr)
	}
}

//go:build fleet

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/fleet"
	"tunbench/results"
)

// fleetShards is how many shards the tests on real engines measure, on three nodes.
const fleetShards = 12

// fleetRounds is how many trials a shard has.
const fleetRounds = 8

// TestSlurm measures a plan on a real Slurm: of 12 shards on three nodes one is killed in the middle, all are complete after its repeat, and
// nothing is counted twice.
func TestSlurm(t *testing.T) {
	startSlurm(t)
	dir := renderTiny(t, fleetShards, "--engine", "slurm")
	begun := time.Now()
	mustRun(t, "fleet", "submit", dir)
	victim := killOne(t, dir, func(s fleet.Shard) {
		job := jobOf(t, dir)
		if out, err := exec.Command("scancel", "--signal=KILL", "--full", job+"_"+itoa(s.Index)).CombinedOutput(); err != nil {
			t.Fatalf("scancel: %v: %s", err, out)
		}
	})
	code, stdout, stderr := tunbench(t, "fleet", "collect", dir, "--every", "300ms")
	t.Logf("%s%s", stderr, stdout)
	if code != exitSuccess {
		t.Fatalf("exit code %d", code)
	}
	wall := time.Since(begun)
	if !strings.Contains(stderr, "shard "+itoa(victim.Index)) || strings.Count(stderr, "it is repeated") != 1 {
		t.Errorf("shard %d was killed, and the program says %q", victim.Index, stderr)
	}
	shards := checkMerged(t, dir, "merged.jsonl", fleetShards)
	for _, s := range shards {
		want := 1
		if s.Index == victim.Index {
			want = 2
		}
		if s.Tries != want {
			t.Errorf("shard %d was submitted %d times, want %d", s.Index, s.Tries, want)
		}
	}
	reportShares(t, dir, shards, wall)
	// The job that merges after the array says the same as collect.
	until(t, "the merge jobs end", func() bool {
		out, err := exec.Command("squeue", "--noheader").Output()
		return err == nil && len(strings.TrimSpace(string(out))) == 0
	})
	checkMerged(t, dir, "merged-by-slurm.jsonl", fleetShards)
}

// TestSlurmLosesANode: a node dies with what runs on it. Slurm begins its task again on another one, and tunbench submits nothing.
func TestSlurmLosesANode(t *testing.T) {
	nodes := startSlurm(t)
	const n = 5
	dir := renderTiny(t, n, "--engine", "slurm")
	mustRun(t, "fleet", "submit", dir)
	victim := killOne(t, dir, func(s fleet.Shard) { killNode(t, s.Where, nodes[s.Where]) })
	code, stdout, stderr := tunbench(t, "fleet", "collect", dir, "--every", "300ms")
	t.Logf("%s%s", stderr, stdout)
	if code != exitSuccess {
		t.Fatalf("exit code %d", code)
	}
	for _, s := range checkMerged(t, dir, "merged.jsonl", n) {
		if s.Tries != 1 || s.Index == victim.Index && s.Where == victim.Where {
			t.Errorf("%s died with shard %d on it: %+v", victim.Where, victim.Index, s)
		}
	}
}

// killNode kills slurmd and what it started, as a power failure would.
func killNode(t *testing.T, name string, slurmd *exec.Cmd) {
	t.Helper()
	pids := []int{slurmd.Process.Pid}
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range all {
		text, err := os.ReadFile(path)
		has := func(word string) bool { return bytes.Contains(append([]byte{0}, text...), []byte("\x00"+word+"\x00")) }
		if err != nil || !has("SLURMD_NODENAME="+name) || !has("SLURM_CONF="+os.Getenv("SLURM_CONF")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		status, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "status"))
		if _, rest, ok := strings.Cut(string(status), "\nPPid:\t"); ok { // slurmstepd
			parent, _, _ := strings.Cut(rest, "\n")
			if command, _ := os.ReadFile("/proc/" + parent + "/comm"); strings.HasPrefix(string(command), "slurmstepd") {
				ppid, err := strconv.Atoi(parent)
				if err != nil {
					t.Fatal(err)
				}
				pids = append(pids, ppid)
			}
		}
		pids = append(pids, pid)
	}
	if len(pids) < 3 {
		t.Fatalf("found %v of %s, want slurmd, slurmstepd and the task", pids, name)
	}
	for _, pid := range pids {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}

// renderTiny renders a plan of short trials for some machines.
func renderTiny(t *testing.T, shards int, args ...string) (dir string) {
	t.Helper()
	tmp := shortTempDir(t)
	binary, plan, dir := filepath.Join(tmp, "tunbench"), filepath.Join(tmp, "plan.json"), filepath.Join(tmp, "fleet")
	buildStatic(t, "build", "-o", binary, ".")
	mustRun(t, "run", "--plan-out", plan, "--no-calibration", "-n", itoa(fleetRounds), "size=64", "load=1000", "duration=300ms", "warmup=0s")
	mustRun(t, append([]string{"fleet", "render", "--shards", itoa(shards), "--binary", binary, "-o", dir, plan}, args...)...)
	return dir
}

func mustRun(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := tunbench(t, args...)
	if code != exitSuccess {
		t.Fatalf("tunbench %s: exit code %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// shardsOf is what status says.
func shardsOf(t *testing.T, dir string) (shards []fleet.Shard) {
	t.Helper()
	code, stdout, stderr := tunbench(t, "fleet", "status", dir, "--json")
	if code != exitSuccess && code != exitInconclusive {
		t.Fatalf("status: exit code %d: %s", code, stderr)
	}
	for line := range strings.Lines(stdout) {
		var s fleet.Shard
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		shards = append(shards, s)
	}
	return shards
}

// killOne kills a shard that has measured a trial and not all.
func killOne(t *testing.T, dir string, kill func(fleet.Shard)) (victim fleet.Shard) {
	t.Helper()
	until(t, "a shard is in the middle", func() bool {
		for _, s := range shardsOf(t, dir) {
			files, _ := filepath.Glob(filepath.Join(dir, "results", "*-"+itoa(s.Index)+"of*.jsonl"))
			if s.Phase != fleet.Running || len(files) != 1 {
				continue
			}
			f, err := results.ReadFile(files[0])
			if err == nil && len(f.Trials) > 0 && len(f.Trials) < fleetRounds-2 { // an error: it was made this moment
				kill(s)
				victim = s
				return true
			}
		}
		return false
	})
	return victim
}

// jobOf is the first job of a folder.
func jobOf(t *testing.T, dir string) string {
	t.Helper()
	var state struct{ Jobs []fleet.Job }
	text, err := os.ReadFile(filepath.Join(dir, "fleet.json"))
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil || len(state.Jobs) == 0 {
		t.Fatalf("fleet.json: %v: %s", err, text)
	}
	return state.Jobs[0].ID
}

// checkMerged reads the merged file: each shard is there once, with all its trials.
func checkMerged(t *testing.T, dir, file string, n int) []fleet.Shard {
	t.Helper()
	shards := shardsOf(t, dir)
	for _, s := range shards {
		if s.Phase != fleet.Complete || len(s.Left) > 0 {
			t.Errorf("shard %+v", s)
		}
	}
	merged := readBack(t, filepath.Join(dir, file))
	if merged.Merge == nil || len(merged.Merge.Missing) > 0 || len(merged.Shards) != n || len(shards) != n {
		t.Fatalf("merged: %+v, %d shards", merged.Merge, len(merged.Shards))
	}
	for i, s := range merged.Shards {
		if s.Shard.Index != i || len(s.Trials) != fleetRounds || s.ShardEnd == nil {
			t.Errorf("shard %d: index %d, %d trials, end %v", i, s.Shard.Index, len(s.Trials), s.ShardEnd)
		}
	}
	mustRun(t, "report", filepath.Join(dir, file))
	return shards
}

// reportShares says how long the whole took, and the longest node of it. It is a figure, not a verdict: other programs run on this machine.
func reportShares(t *testing.T, dir string, shards []fleet.Shard, wall time.Duration) {
	t.Helper()
	byNode := map[string]time.Duration{}
	var longest time.Duration
	for _, s := range shards {
		f, err := results.ReadFile(s.File)
		if err != nil {
			t.Fatal(err)
		}
		byNode[s.Where] += f.ShardEnd.Ended.Sub(f.Shard.Started)
		longest = max(longest, byNode[s.Where])
	}
	t.Logf("%d shards on %d nodes: %.1f s in all, %.2f × the longest node's share (%v)", len(shards), len(byNode), wall.Seconds(), wall.Seconds()/longest.Seconds(), byNode)
}

//go:build fleet

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/fleet"
)

// kubeImage is the image of pods. The nodes of the test have it.
const kubeImage = "example.com/tunbench:test"

// TestKubernetes measures a plan through a real API server, scheduler and job controller, in containers that are not privileged, on nodes that
// stand for kubelets: of 12 shards on three nodes one is killed in the middle, all are complete after its repeat, and nothing is counted twice.
func TestKubernetes(t *testing.T) {
	c := startKubernetes(t)
	dir := renderTiny(t, fleetShards, "--engine", "kubernetes", "--image", kubeImage, "--cpus", "1", "--memory", "256Mi")
	for _, name := range []string{"node1", "node2", "node3"} {
		c.addNode(t, name, filepath.Join(dir, "tunbench"))
	}
	begun := time.Now()
	mustRun(t, "fleet", "submit", dir)
	victim := killPod(t, dir)
	code, stdout, stderr := tunbench(t, "fleet", "collect", dir, "--every", "500ms")
	t.Logf("%s%s", stderr, stdout)
	if code != exitSuccess {
		said, _ := exec.Command("kubectl", "describe", "jobs,pods").CombinedOutput()
		t.Fatalf("exit code %d: %s", code, said)
	}
	wall := time.Since(begun)
	shards := checkMerged(t, dir, "merged.jsonl", fleetShards)
	for _, s := range shards {
		if s.Tries != 1 {
			t.Errorf("shard %d was submitted %d times: the controller repeats", s.Index, s.Tries)
		}
	}
	if pods := podsOf(t, victim.Index); pods != 2 {
		t.Errorf("shard %d was killed, and had %d pods, want 2", victim.Index, pods)
	}
	if all := podsOf(t, -1); all != fleetShards+1 {
		t.Errorf("%d pods, want %d", all, fleetShards+1)
	}
	reportShares(t, dir, shards, wall)
}

// killPod kills the program of a shard that runs.
func killPod(t *testing.T, dir string) (victim fleet.Shard) {
	t.Helper()
	until(t, "a shard is killed in the middle", func() bool {
		for _, s := range shardsOf(t, dir) {
			if s.Phase != fleet.Running {
				continue
			}
			mark := fmt.Sprintf("--shard\x00%d/%d\x00", s.Index, fleetShards)
			if pid := processWith(mark); pid != "" {
				if out, err := exec.Command("kill", "-KILL", pid).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				victim = s
				return true
			}
		}
		return false
	})
	return victim
}

// processWith finds a process of a container by its command line.
func processWith(mark string) (pid string) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		if text, err := os.ReadFile(path); err == nil && bytes.HasPrefix(text, []byte("/tunbench\x00run\x00")) && bytes.Contains(text, []byte(mark)) {
			return filepath.Base(filepath.Dir(path))
		}
	}
	return ""
}

// podsOf counts the pods that a shard had; -1 is all shards.
func podsOf(t *testing.T, shard int) (n int) {
	t.Helper()
	out, err := exec.Command("kubectl", "get", "pods", "-o", `jsonpath={range .items[*]}{.metadata.annotations.batch\.kubernetes\.io/job-completion-index}{"\n"}{end}`).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range strings.Fields(string(out)) {
		if shard < 0 || index == itoa(shard) {
			n++
		}
	}
	return n
}

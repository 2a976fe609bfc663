package campaign

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/results"
)

func TestParseShard(t *testing.T) {
	if s, err := ParseShard("2/3"); err != nil || s != (Shard{2, 3}) || s.String() != "2/3" {
		t.Errorf("%v, %v", s, err)
	}
	for text, want := range map[string]string{
		"": "want I/N", "1": "want I/N", "a/3": "want I/N", "1/b": "want I/N", "1/2/3": "want I/N", "3/3": "out of range: of 3 machines the indexes are 0 to 2",
		"-1/3": "out of range", "0/0": "want 1 to", "0/1000000": "want 1 to",
	} {
		if _, err := ParseShard(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestShardOf: what schedulers set, and what somebody forgot to set.
func TestShardOf(t *testing.T) {
	for _, tc := range []struct {
		env       string
		planned   int
		want      string // or a part of the error
		scheduled bool
	}{
		{"", 0, "0/1", false},
		{"", 1, "0/1", false},
		{"TUNBENCH_SHARDS=1", 0, "0/1", false},
		{"", 3, "which of 3 machines is this? give --shard I/3, I from 0 to 2", false},
		{"TUNBENCH_SHARDS=4", 3, "which of 4 machines is this? give --shard I/4", false},
		{"SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=12 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=11 SLURM_PROCID=0 SLURM_NTASKS=1", 0, "2/12", true},
		{"SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=12 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=11", 5, "2/5", true},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=7 SLURM_ARRAY_TASK_MAX=7", 12, "7/12", true},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=7 SLURM_ARRAY_TASK_MAX=7", 0, "set TUNBENCH_SHARDS=N", true},
		{"SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_COUNT=12 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=12", 12, "SLURM_ARRAY_TASK_ID=12 of 12: out of range", true},
		{"SLURM_PROCID=3 SLURM_NTASKS=4", 0, "3/4", true},
		{"SLURM_PROCID=3", 0, "SLURM_PROCID=3: of how many machines", true},
		{"JOB_COMPLETION_INDEX=1", 3, "1/3", true},
		{"JOB_COMPLETION_INDEX=1 TUNBENCH_SHARDS=2", 0, "1/2", true},
		{"JOB_COMPLETION_INDEX=1", 0, "JOB_COMPLETION_INDEX=1: of how many machines is not said: set TUNBENCH_SHARDS=N", true},
		{"JOB_COMPLETION_INDEX=x TUNBENCH_SHARDS=2", 0, "JOB_COMPLETION_INDEX=x: want a whole number", true},
		{"TUNBENCH_SHARDS=none", 0, "TUNBENCH_SHARDS=none: want", false},
		{"TUNBENCH_SHARDS=0", 0, "TUNBENCH_SHARDS=0: want", false},
	} {
		env := map[string]string{}
		for word := range strings.FieldsSeq(tc.env) {
			key, value, _ := strings.Cut(word, "=")
			env[key] = value
		}
		s, scheduled, err := ShardOf(func(key string) string { return env[key] }, tc.planned)
		if err != nil {
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, want %q", tc.env, err, tc.want)
			}
		} else if s.String() != tc.want {
			t.Errorf("%s: %v, want %s", tc.env, s, tc.want)
		}
		if scheduled != tc.scheduled {
			t.Errorf("%s: scheduled is %v", tc.env, scheduled)
		}
	}
}

// TestSameShard: only what this machine began, of this plan and with this program, is gone on with.
func TestSameShard(t *testing.T) {
	plan := PlanFile{Plan: Plan{Work: &Run{Scenarios: parsed(t, "dut=veth"), Rounds: 3}}}
	s := &session{Campaign: Campaign{Share: &Share{Shard: Shard{1, 3}, Plan: plan}}}
	file := func(change func(*results.File)) *results.File {
		here := host.Fingerprint(nil)
		shard, err := s.Share.record(here)
		if err != nil {
			t.Fatal(err)
		}
		f := &results.File{Host: here, Shard: &shard}
		change(f)
		return f
	}
	if err := s.sameShard(file(func(*results.File) {})); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*results.File){
		"other host: elsewhere":   func(f *results.File) { f.Host.Hostname = "elsewhere" },
		"other kernel: 2.6":       func(f *results.File) { f.Host.Kernel = "2.6" },
		"other CPU: a":            func(f *results.File) { f.Host.CPUModel = "a" },
		"other number of CPUs: 0": func(f *results.File) { f.Host.Cores = 0 },
		"other tunbench: v0":      func(f *results.File) { f.Host.Version = "v0" },
		"other plan: 0":           func(f *results.File) { f.Shard.PlanHash = "0" },
		"other shard: 2/3":        func(f *results.File) { f.Shard.Index = 2 },
		"other shard: 1/4":        func(f *results.File) { f.Shard.Of = 4 },
		"no shard record":         func(f *results.File) { f.Shard = nil },
	} {
		if err := s.sameShard(file(change)); !is[*UsageError](err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestSameBinary: a plan that names a build measures that build, or nothing.
func TestSameBinary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tunbench")
	if err := os.WriteFile(path, []byte("one"), 0o755); err != nil {
		t.Fatal(err)
	}
	planned, err := dut.FindBinary(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sameBinary(planned), sameBinary(dut.Binary{})); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("two"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := sameBinary(planned); !is[*UsageError](err) || !strings.Contains(err.Error(), "another build") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := sameBinary(planned); !is[*UsageError](err) {
		t.Errorf("%v", err)
	}
}

// TestHostID: another kernel is another machine, less free memory is not.
func TestHostID(t *testing.T) {
	h := results.Host{Hostname: "a", Kernel: "6.1", CPUModel: "x", Cores: 2, MemoryBytes: 1}
	id := HostID(h)
	if len(id) != 8 {
		t.Errorf("id %q", id)
	}
	h.MemoryBytes = 2
	if HostID(h) != id {
		t.Error("memory makes another machine")
	}
	for _, change := range []func(*results.Host){
		func(h *results.Host) { h.Hostname = "b" }, func(h *results.Host) { h.Kernel = "6.2" }, func(h *results.Host) { h.Cores = 3 },
		func(h *results.Host) { h.Virtualization = "kvm" }, func(h *results.Host) { h.CPUModel = "y" },
	} {
		other := h
		change(&other)
		if HostID(other) == id {
			t.Errorf("%+v is the same machine", other)
		}
	}
}

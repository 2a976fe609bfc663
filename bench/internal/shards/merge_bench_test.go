package shards

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"tunbench/results"
)

// A trial as `tunbench run` records it, with its histogram.
//
//go:embed testdata/trial.jsonl
var realTrial []byte

// writeMany writes the shards of a plan that many machines measured, and returns their paths.
func writeMany(t testing.TB, dir string, machines, trials int) (paths []string) {
	t.Helper()
	var trial results.Trial
	if err := json.Unmarshal(realTrial, &trial); err != nil {
		t.Fatal(err)
	}
	for i := range machines {
		m := shardOf(i)
		m.shard.Of, m.trials = machines, nil
		for round := range trials {
			trial.Round, trial.Start = round, m.host.Time
			m.trials = append(m.trials, trial)
		}
		m.end.Trials, m.ends.Trials = trials, trials
		paths = append(paths, m.file(t, dir, fmt.Sprintf("%03d.jsonl", i)))
	}
	return paths
}

// BenchmarkMerge reads, checks, merges and writes 200 files of 200 trials.
func BenchmarkMerge(b *testing.B) {
	const machines, trials = 200, 200
	dir := b.TempDir()
	paths := writeMany(b, dir, machines, trials)
	for n := 0; b.Loop(); n++ {
		all, _, err := Read(b.Context(), paths, nil)
		if err != nil {
			b.Fatal(err)
		}
		m, err := NewMerged(all, now)
		if err != nil {
			b.Fatal(err)
		}
		if m.Trials() != machines*trials || len(m.Record.Warnings) > 0 {
			b.Fatalf("%d trials, %v", m.Trials(), m.Record.Warnings)
		}
		if err := WriteNew(filepath.Join(dir, fmt.Sprint("merged", n)), writing(b.Context(), m)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(machines*trials, "trials/op")
}

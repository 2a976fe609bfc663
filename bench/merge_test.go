package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/shards"
	"tunbench/results"
)

// shardText is the complete file of one of three machines, which measured until exit.
func shardText(t *testing.T, index, exit int) []byte {
	t.Helper()
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	pps := 1e6
	var all []byte
	for _, r := range []results.Record{
		results.Host{Time: at, Hostname: fmt.Sprint("m", index)},
		results.Shard{
			Plan: json.RawMessage(`{"plan_schema":1,"written":"2026-05-04T11:00:00Z","kind":"run"}`), PlanHash: "0123456789ab",
			Index: index, Of: 3, HostID: fmt.Sprintf("%08x", index), Started: at,
		},
		results.Trial{Scenario: "dut=veth/size=64", Start: at, DurationS: 1, Traffic: results.Traffic{ForwardedPps: &pps}},
		results.End{Time: at, Status: results.Completed, Trials: 1},
		results.ShardEnd{Ended: at, Exit: exit, Trials: 1},
	} {
		line, err := results.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line...)
	}
	return all
}

// TestMerge: exit codes, what is said, and that a merged file is whole or not there.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("0.jsonl", shardText(t, 0, 0))
	put("1.jsonl", shardText(t, 1, 3))
	put("2.jsonl", shardText(t, 2, 0))
	put("unlike.jsonl", shardText(t, 0, 1))
	put("other.jsonl", []byte(strings.ReplaceAll(string(shardText(t, 2, 0)), "0123456789ab", "ba9876543210")))
	put("newer.jsonl", []byte(strings.ReplaceAll(string(shardText(t, 2, 0)), `"plan_schema":1`, `"plan_schema":9`)))
	put("plain.jsonl", []byte(strings.Join(append(strings.SplitAfter(string(shardText(t, 2, 0)), "\n")[:1], strings.SplitAfter(string(shardText(t, 2, 0)), "\n")[2:4]...), "")))
	var log strings.Builder
	if err := shards.WriteFrame(&log, shards.Frame{Hash: "0123456789ab", Shard: campaign.Shard{Index: 2, Of: 3}, Text: shardText(t, 2, 0)}); err != nil {
		t.Fatal(err)
	}
	put("2.log", []byte("a line\n"+log.String()))
	put("2cut.log", []byte("a line\n"+log.String()[:log.Len()/2]))

	for _, tc := range []struct {
		args    string
		code    int
		stdout  string
		stderr  string
		written bool
	}{
		{"0.jsonl 1.jsonl 2.jsonl", exitSuccess, "plan 0123456789ab: 3 of 3 shards, 3 trials\nshard 1/3: %/1.jsonl: it ended with exit code 3\nmerged into", "", true},
		{"0.jsonl 1.jsonl 2.log", exitSuccess, "3 of 3 shards", "", true},
		{"0.jsonl 1.jsonl", exitInconclusive, "2 of 3 shards", "warning: shard 2/3 is missing: no file of it was given\ntunbench: merge: 1 shard is missing: inconclusive", true},
		{"0.jsonl 1.jsonl --allow-missing", exitSuccess, "2 of 3 shards", "warning: shard 2/3 is missing", true},
		{"0.jsonl 1.jsonl 2cut.log", exitInconclusive, "2 of 3 shards", "shard 2/3 is missing: %/2cut.log:2: the log breaks off after line", true},
		{"0.jsonl 1.jsonl 2.jsonl 2.log", exitSuccess, "3 of 3 shards", "counts once, as in %/2.jsonl; left out: %/2.log:2", true},
		{"0.jsonl unlike.jsonl 1.jsonl 2.jsonl", exitFailure, "", "shard 0/3 was measured twice, with unlike results: %/0.jsonl and %/unlike.jsonl", false},
		{"0.jsonl other.jsonl", exitUsage, "", "different plans: plan 0123456789ab (%/0.jsonl); plan ba9876543210 (%/other.jsonl)", false},
		{"0.jsonl newer.jsonl", exitUsage, "", "%/newer.jsonl: plan of version 9, newer than 1", false},
		{"0.jsonl plain.jsonl", exitUsage, "", "%/plain.jsonl is not the result file of a shard", false},
		{"0.jsonl none.jsonl", exitFailure, "", "none.jsonl: no such file", false},
	} {
		out := filepath.Join(t.TempDir(), "merged.jsonl")
		args := []string{"merge", "-o", out}
		for word := range strings.FieldsSeq(tc.args) {
			if !strings.HasPrefix(word, "-") {
				word = filepath.Join(dir, word)
			}
			args = append(args, word)
		}
		code, stdout, stderr := tunbench(t, args...)
		here := func(text string) string { return strings.ReplaceAll(text, "%", dir) }
		if code != tc.code || !strings.Contains(stdout, here(tc.stdout)) || !strings.Contains(stderr, here(tc.stderr)) {
			t.Errorf("%s: exit code %d, want %d: %s%s", tc.args, code, tc.code, stdout, stderr)
		}
		if tc.stderr == "" && stderr != "" || tc.stdout == "" && stdout != "" {
			t.Errorf("%s: says %s%s", tc.args, stdout, stderr)
		}
		left, err := os.ReadDir(filepath.Dir(out))
		if err != nil || len(left) != map[bool]int{true: 1}[tc.written] {
			t.Errorf("%s: leaves %v, %v", tc.args, left, err)
		}
		if tc.written {
			if file, err := results.ReadFile(out); err != nil || len(file.Warnings) > 0 || len(file.Parts()) != len(file.Merge.Shards) {
				t.Errorf("%s: %v, %+v", tc.args, err, file)
			}
		}
	}
}

// TestMergeWithoutFile: it says what there is; a folder is its result files; as JSON it is the record; what has the name of the new file stays.
func TestMergeWithoutFile(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".jsonl")), shardText(t, i, 0), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := tunbench(t, "merge", "--json", dir)
	var record struct {
		Record string
		Of     int
		Shards []results.MergedShard
	}
	if err := json.Unmarshal([]byte(stdout), &record); code != exitSuccess || stderr != "" || err != nil || record.Record != "merge" || record.Of != 3 || len(record.Shards) != 3 {
		t.Errorf("exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
	taken := filepath.Join(dir, "0.jsonl")
	code, stdout, stderr = tunbench(t, "merge", dir, "-o", taken)
	text, err := os.ReadFile(taken)
	if code != exitFailure || stdout != "" || !strings.Contains(stderr, "choose another name") || err != nil || string(text) != string(shardText(t, 0, 0)) {
		t.Errorf("over a file: exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
	if code, _, stderr := tunbench(t, "merge", t.TempDir()); code != exitUsage || !strings.Contains(stderr, "no *.jsonl in it") {
		t.Errorf("an empty folder: exit code %d: %s", code, stderr)
	}
}

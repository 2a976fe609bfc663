package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/results"
)

// mergedFile writes the merged file of machines that each have some trials of a scenario and perhaps a gate.
func mergedFile(t *testing.T, missing int, verdicts ...results.GateVerdict) string {
	t.Helper()
	start := time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)
	plan := json.RawMessage(`{"plan_schema":1,"kind":"gate"}`)
	merge := results.Merge{Time: start, Plan: plan, PlanHash: "0123456789ab", Of: len(verdicts) + missing}
	var all []results.Record
	for i, v := range verdicts {
		records := wasRun("6.18", comparedScenario, 100, 101, 102, 103, 104, 105)
		host := records[0].(results.Host)
		host.Hostname = fmt.Sprintf("node-%d", i)
		shard := results.Shard{Plan: plan, PlanHash: "0123456789ab", Index: i, Of: merge.Of, HostID: fmt.Sprintf("%08d", i), Started: start}
		all = append(all, host, shard)
		end := records[len(records)-1]
		all = append(all, records[1:len(records)-1]...)
		if v != "" {
			all = append(all, results.Gate{Verdict: v, Headline: string(v) + ": made up", Baseline: "a", Candidate: "b", Findings: []results.GateFinding{
				{Scenario: comparedScenario, Metric: results.MetricForwarded, Required: true, Outcome: map[results.GateVerdict]string{results.GateWorse: "worse"}[v]},
			}})
		}
		all = append(all, end, results.ShardEnd{Ended: start, Trials: 6})
		merge.Shards = append(merge.Shards, results.MergedShard{Index: i, HostID: shard.HostID, File: host.Hostname, Trials: 6})
	}
	for i := range missing {
		merge.Missing = append(merge.Missing, results.MissingShard{Index: len(verdicts) + i, Why: "no file of it was given"})
	}
	return fileWith(t, append([]results.Record{merge}, all...), "")
}

// TestNobodyPoolsMachines: commands that would take the trials of several machines together refuse a merged file, and take one machine of it.
func TestNobodyPoolsMachines(t *testing.T) {
	merged := mergedFile(t, 0, "", "")
	one := fileWith(t, wasRun("6.18", comparedScenario, 100, 101, 102, 103, 104, 105), "")
	for _, args := range [][]string{
		{"compare", "--unlike", merged, one},
		{"compare", "--unlike", one, merged},
		{"history", merged},
		{"report", "--format", "bencher", merged},
		{"report", "--format", "github-bigger", merged},
		{"report", "--format", "openmetrics", merged},
		{"report", "--format", "otava", merged},
		{"report", "--hdr", merged},
		{"report", "--format", "html", merged, one},
	} {
		code, out, stderr := tunbench(t, args...)
		if code != exitUsage || out != "" || !strings.Contains(stderr, "node-0, node-1") || !strings.Contains(stderr, "--machine") {
			t.Errorf("%v: code %d, stdout %q, stderr %q; want %d and the machines named", args, code, out, stderr, exitUsage)
		}
	}
	for _, args := range [][]string{
		{"report", "--machine", "node-1", merged},
		{"report", "--machine", "node-1", "--format", "bencher", merged},
		{"report", "--machine", "node-1", "--format", "html", merged},
		{"report", merged},
		{"report", "--format", "csv", merged},
		{"report", "--format", "gobench", merged},
		{"report", "--format", "json", merged},
		{"report", "--format", "markdown", merged},
	} {
		if code, _, stderr := tunbench(t, args...); code != exitSuccess {
			t.Errorf("%v: code %d: %s", args, code, stderr)
		}
	}
	if code, out, stderr := tunbench(t, "compare", "--machine", "node-0", merged, merged); code != exitSuccess || !strings.Contains(out, "same") {
		t.Errorf("a machine against itself: code %d\n%s%s", code, out, stderr)
	}
	if code, _, stderr := tunbench(t, "report", "--machine", "node-7", merged); code != exitUsage || !strings.Contains(stderr, "node-0, node-1") {
		t.Errorf("no such machine: code %d: %s", code, stderr)
	}
	if code, _, stderr := tunbench(t, "report", "--machine", "node-1", one); code != exitUsage || !strings.Contains(stderr, "leave it out") {
		t.Errorf("a machine of a file of one: code %d: %s", code, stderr)
	}
	if code, _, stderr := tunbench(t, "report", "--format", "json", one); code != exitUsage || !strings.Contains(stderr, "merged") {
		t.Errorf("what one machine says together with none: code %d: %s", code, stderr)
	}
	_, out, _ := tunbench(t, "report", "--format", "csv", merged)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 13 || !strings.HasPrefix(lines[0], "machine,scenario,") || !strings.HasPrefix(lines[12], "node-1,") {
		t.Errorf("csv: %d lines: %s", len(lines), out)
	}
}

// TestGateOfMachines: one machine that is worse is enough, and none that is missing is passed over.
func TestGateOfMachines(t *testing.T) {
	for _, c := range []struct {
		missing  int
		verdicts []results.GateVerdict
		code     int
		says     string
	}{
		{0, []results.GateVerdict{results.GatePassed, results.GatePassed}, exitSuccess, "gate: passed: of 2 machines passed on 2"},
		{0, []results.GateVerdict{results.GatePassed, results.GateWorse, results.GateFailed}, exitRegression, "gate: failed: of 3 machines worse on 1, the candidate fails on 1, passed on 1"},
		{1, []results.GateVerdict{results.GatePassed, results.GateFailed}, exitFailure, "gate: failed: of 3 machines the candidate fails on 1, passed on 1, 1 missing"},
		{0, []results.GateVerdict{results.GatePassed, results.GateInconclusive}, exitInconclusive, "inconclusive on 1"},
		{1, []results.GateVerdict{results.GatePassed}, exitInconclusive, "1 missing"},
		{0, []results.GateVerdict{results.GatePassed, ""}, exitInconclusive, "no verdict on 1"},
	} {
		dir := t.TempDir()
		markdown, junit := filepath.Join(dir, "gate.md"), filepath.Join(dir, "gate.xml")
		code, out, stderr := tunbench(t, "gate", "--merged", mergedFile(t, c.missing, c.verdicts...), "--markdown", markdown, "--junit", junit)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%v, %d missing: code %d, want %d and %q\n%s%s", c.verdicts, c.missing, code, c.code, c.says, out, stderr)
		}
		text, err := os.ReadFile(markdown)
		if err != nil || !strings.HasPrefix(string(text), "**tunbench gate: ") {
			t.Errorf("markdown: %v\n%s", err, text)
		}
		text, err = os.ReadFile(junit)
		if err != nil || strings.Count(string(text), "<testsuite ") != len(c.verdicts) {
			t.Errorf("junit: %v\n%s", err, text)
		}
	}
	none := mergedFile(t, 0, "", "")
	for _, args := range [][]string{
		{"gate", "--merged", none}, {"gate", "--merged", fileWith(t, wasRun("6.18", comparedScenario, 1), "")}, {"gate", "--merged", none, "--baseline", "x"}, {"gate", "--merged", none, "size=64"},
	} {
		if code, _, stderr := tunbench(t, args...); code != exitUsage {
			t.Errorf("%v: code %d: %s", args, code, stderr)
		}
	}
}

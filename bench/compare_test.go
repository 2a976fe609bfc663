package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/results"
)

const comparedScenario = "dut=forwarder/load=max/size=64"

// wasRun makes the records of a run whose trials forwarded so much.
func wasRun(kernel, scenario string, pps ...float64) []results.Record {
	start := time.Date(2026, 5, 4, 12, 30, 0, 0, time.UTC)
	records := []results.Record{results.Host{Time: start, Hostname: "bench-1", Kernel: kernel}}
	for i, v := range pps {
		records = append(records, results.Trial{Scenario: scenario, Round: i, Start: start, DurationS: 1, Traffic: results.Traffic{ForwardedPps: &v}})
	}
	return append(records, results.End{Time: start, Status: results.Completed, Trials: len(pps)})
}

// fileWith writes records to a result file and adds some text.
func fileWith(t *testing.T, records []results.Record, text string) string {
	t.Helper()
	var b strings.Builder
	for _, r := range records {
		line, err := results.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(path, []byte(b.String()+text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// sixAbout is six rates about a centre.
func sixAbout(pps float64) []float64 {
	return []float64{0.995 * pps, 0.997 * pps, 0.999 * pps, 1.001 * pps, 1.003 * pps, 1.005 * pps}
}

func TestCompare(t *testing.T) {
	run := func(kernel, scenario string, pps ...float64) string {
		return fileWith(t, wasRun(kernel, scenario, pps...), "")
	}
	old := run("6.18.0", comparedScenario, sixAbout(1e6)...)
	for name, tc := range map[string]struct {
		args      []string
		code      int
		out, errs []string // words on standard output and standard error
	}{
		"the same file": {[]string{old, old}, exitSuccess, []string{"same", "1.00 M", "tunbench ab"}, nil},
		"better":        {[]string{old, run("6.18.0", comparedScenario, sixAbout(2e6)...)}, exitSuccess, []string{"better", "2.00"}, nil},
		"worse": {
			[]string{old, run("6.18.0", comparedScenario, sixAbout(0.9e6)...)},
			exitRegression,
			[]string{"worse", "0.900"},
			[]string{"1 of 1 row:", "worse"},
		},
		"too few trials": {
			[]string{old, run("6.18.0", comparedScenario, 1, 2)},
			exitInconclusive,
			[]string{"inconclusive", "at least 6"},
			[]string{"1 of 1 row:", "inconclusive"},
		},
		"a margin too narrow": {[]string{"--margin", "0.1", old, old}, exitInconclusive, []string{"±0.1 %"}, nil},
		"nothing in common": {
			[]string{old, run("6.18.0", "dut=veth", 1)},
			exitUsage, nil,
			[]string{"no scenario in common", comparedScenario, "dut=veth"},
		},
		"another kernel": {[]string{old, run("6.19.0", comparedScenario, 1)}, exitUsage, nil, []string{"kernel: 6.18.0, 6.19.0", "--unlike"}},
		"another kernel, allowed": {
			[]string{"--unlike", old, run("6.19.0", comparedScenario, sixAbout(1e6)...)},
			exitSuccess,
			[]string{"the hosts differ: kernel: 6.18.0, 6.19.0"},
			nil,
		},
		"no such file": {[]string{old, filepath.Join(t.TempDir(), "none.jsonl")}, exitFailure, nil, []string{"none.jsonl", "no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			checkCompare(t, tc.args, tc.code, tc.out, tc.errs)
		})
	}
}

func checkCompare(t *testing.T, args []string, code int, out, errs []string) {
	t.Helper()
	got, stdout, stderr := tunbench(t, append([]string{"compare"}, args...)...)
	if got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	if (stdout == "") != (out == nil) || (errs == nil) != (stderr == "") && code == exitSuccess || strings.Count(stderr, "\n") > 1 {
		t.Errorf("standard output %q, standard error %q", stdout, stderr)
	}
	for _, word := range out {
		if !strings.Contains(stdout, word) {
			t.Errorf("%q is missing from\n%s", word, stdout)
		}
	}
	for _, word := range errs {
		if !strings.Contains(stderr, word) {
			t.Errorf("%q is missing from %s", word, stderr)
		}
	}
}

// TestCompareOddFiles: what is no whole result file is named by line and reason; only what a crash leaves is read all the same.
func TestCompareOddFiles(t *testing.T) {
	whole := wasRun("6.18.0", comparedScenario, sixAbout(1e6)...)
	cutOff := whole[:len(whole)-1]
	old := fileWith(t, whole, "")
	for name, tc := range map[string]struct {
		path string
		code int
		says []string
	}{
		"torn":         {fileWith(t, cutOff, `{"schema":3,"record":"tri`), exitSuccess, []string{"new: line 8: the last line is torn", "no end record"}},
		"foreign":      {fileWith(t, cutOff, "{\"name\":\"x\"}\n"), exitFailure, []string{"line 8", "not a tunbench record"}},
		"not JSON":     {fileWith(t, whole[:2], "BenchmarkX 1 2 ns/op\n{}\n"), exitFailure, []string{"line 3", "not a tunbench record"}},
		"newer":        {fileWith(t, cutOff, "{\"schema\":99,\"record\":\"trial\"}\n"), exitFailure, []string{"line 8", "schema 99", "newer tunbench"}},
		"mixed":        {fileWith(t, append(cutOff[:len(cutOff):len(cutOff)], whole...), ""), exitFailure, []string{"line 8", "one host record"}},
		"concatenated": {fileWith(t, append(whole[:len(whole):len(whole)], whole...), ""), exitFailure, []string{"line 9", "end record"}},
		"no host":      {fileWith(t, whole[1:], ""), exitFailure, []string{"line 1", "begins with its host record"}},
		"empty":        {fileWith(t, nil, ""), exitFailure, []string{"line 1", "empty"}},
		"no number":    {fileWith(t, whole[:1], "{\"schema\":3,\"record\":\"trial\",\"forwarded_pps\":NaN}\n{}\n"), exitFailure, []string{"line 2"}},
		"beyond all":   {fileWith(t, whole[:1], "{\"schema\":3,\"record\":\"trial\",\"forwarded_pps\":1e999}\n{}\n"), exitFailure, []string{"line 2", "1e999"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.code == exitSuccess {
				checkCompare(t, []string{old, tc.path}, tc.code, tc.says, nil)
				return
			}
			checkCompare(t, []string{old, tc.path}, tc.code, nil, tc.says)
		})
	}
}

// TestCompareFolder: what takes folders is named.
func TestCompareFolder(t *testing.T) {
	file := fileWith(t, wasRun("6.18.0", comparedScenario, sixAbout(1e6)...), "")
	checkCompare(t, []string{file, t.TempDir()}, exitUsage, nil, []string{"is a folder", "tunbench history takes folders"})
}

func TestCompareJSON(t *testing.T) {
	old := fileWith(t, wasRun("6.18.0", comparedScenario, sixAbout(1e6)...), "")
	slower := fileWith(t, wasRun("6.19.0", comparedScenario, sixAbout(5e5)...), "")
	code, stdout, stderr := tunbench(t, "compare", "--json", "--unlike", old, slower)
	var row results.Unpaired
	if err := json.Unmarshal([]byte(stdout), &row); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if code != exitRegression || row.Verdict != results.VerdictWorse || row.Ratio == nil || *row.Ratio != 0.5 || row.Scenario != comparedScenario {
		t.Errorf("exit code %d, %+v", code, row)
	}
	for _, word := range []string{"the hosts differ: kernel", "tunbench ab"} {
		if !strings.Contains(stderr, word) {
			t.Errorf("%q is missing from %s", word, stderr)
		}
	}
}

func TestReportFormats(t *testing.T) {
	file := fileWith(t, wasRun("6.18.0", comparedScenario, sixAbout(1e6)...), "")
	_, table, _ := tunbench(t, "report", file)
	for format, first := range map[string]string{
		"text": table, "markdown": "**2026-05-04 12:30:00 UTC", "csv": "scenario,round,arm", "gobench": "Unit pps better=higher",
	} {
		code, stdout, stderr := tunbench(t, "report", "--format", format, file)
		if code != exitSuccess || stderr != "" || !strings.HasPrefix(stdout, first) {
			t.Errorf("%s: exit code %d, %s:\n%s", format, code, stderr, stdout)
		}
	}
	if code, stdout, _ := tunbench(t, "report", "--hdr", file); code != exitSuccess || !strings.Contains(stdout, "Interval_Max") {
		t.Errorf("--hdr: exit code %d:\n%s", code, stdout)
	}
}

// TestReportAgainst: a run as ratios, and what is refused.
func TestReportAgainst(t *testing.T) {
	rival := strings.Replace(comparedScenario, "dut=forwarder", "dut=wireguard-go", 1)
	own, other := wasRun("6.18.0", comparedScenario, sixAbout(2e6)...), wasRun("6.18.0", rival, sixAbout(1e6)...)
	file := fileWith(t, append(own[:len(own)-1], other[1:]...), "") // without the end of one and the host of the other
	code, stdout, stderr := tunbench(t, "report", "--against", "dut=forwarder", file)
	if code != exitSuccess || stderr != "" || !strings.Contains(stdout, "to wireguard-go  2.00 (") {
		t.Errorf("exit code %d, %s:\n%s", code, stderr, stdout)
	}
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--against", " ", file}, exitUsage, "want key=value words, such as dut=forwarder"},
		{[]string{"--against", "forwarder", file}, exitUsage, "want key=value words, such as dut=forwarder"},
		{[]string{"--against", "dut=forwarder", "--format", "csv", file}, exitUsage, "--against prints --format text or markdown"},
		{[]string{"--against", "dut=forwarder", "--hdr", file}, exitUsage, "--against prints --format text or markdown"},
		{[]string{"--against", "dut=forwarder", file, file}, exitUsage, "2 files: --against prints one"},
		{[]string{"--against", "dut=c-forwarder", file}, exitFailure, "no scenario with dut=c-forwarder has another one under the same load beside it"},
	} {
		if code, stdout, stderr := tunbench(t, append([]string{"report"}, tc.args...)...); code != tc.code || stdout != "" || !strings.Contains(stderr, tc.says) {
			t.Errorf("%q: exit code %d, %q, %s", tc.args, code, stdout, stderr)
		}
	}
}

// scenarioOf is trials of one scenario with so many queues, each forwarding as much.
func scenarioOf(queues int, pps float64, trials int, message string) []results.Record {
	var records []results.Record
	for i := range trials {
		records = append(records, results.Trial{
			Scenario: "dut=forwarder/queues=" + itoa(queues), Round: i, DurationS: 1, Traffic: results.Traffic{ForwardedPps: &pps}, Error: message,
		})
	}
	return records
}

// TestCompareSpeaksForTheWholeFile: H6. What vanished or failed, or is undecided far beyond the margin, is said in every form, and is no success.
func TestCompareSpeaksForTheWholeFile(t *testing.T) {
	file := func(scenarios ...[]results.Record) string {
		records := []results.Record{results.Host{Hostname: "h"}}
		for _, s := range scenarios {
			records = append(records, s...)
		}
		return fileWith(t, append(records, results.End{Status: results.Completed, Trials: len(records) - 1}), "")
	}
	many := func(first float64) string {
		scenarios := [][]results.Record{scenarioOf(1, first, 6, "")}
		for queues := 2; queues <= 30; queues++ {
			scenarios = append(scenarios, scenarioOf(queues, 1e6, 6, ""))
		}
		return file(scenarios...)
	}
	one, other := scenarioOf(1, 1e6, 6, ""), scenarioOf(2, 8e5, 6, "")
	for name, tc := range map[string]struct {
		before, after string
		code          int
		json, text    string // on standard output
		says          string // on standard error
	}{
		"failed": {
			file(one, other), file(scenarioOf(1, 1e6, 6, "boom"), other), exitFailure,
			`"record":"unmatched","scenario":"dut=forwarder/queues=1","only_in":"old","reason":"none of its 6 trials can be used, 6 failed"`,
			"6 of 6 trials failed: boom", "failed where the baseline does not",
		},
		"some failed": {
			file(one, other), file(one, scenarioOf(1, 1e6, 1, "boom"), other), exitFailure,
			`"verdict":"inconclusive"`, "1 of 7 trials failed: boom", "failed where the baseline does not",
		},
		"vanished": {
			file(one, other), file(other), exitInconclusive,
			`"record":"unmatched","scenario":"dut=forwarder/queues=1","only_in":"old","reason":"it has no such scenario"`,
			"only in the old file: dut=forwarder/queues=1", "1 of the old file not in the new one",
		},
		"new":                         {file(other), file(one, other), exitSuccess, `"scenario":"dut=forwarder/queues=1","only_in":"new"`, "only in the new file: dut=forwarder/queues=1", ""},
		"half of it, among many rows": {many(1e6), many(5e5), exitInconclusive, `"ratio":0.5`, "0.500", "whole interval lies beyond the margin"},
		"nothing through any more":    {file(one, other), file(scenarioOf(1, 0, 6, ""), other), exitRegression, `"nothing_trials":6`, "brought nothing through", "1 of 2 rows"},
		"nothing through in one":      {file(one, other), file(one[:5], scenarioOf(1, 0, 1, ""), other), exitRegression, `"nothing_trials":1`, "brought nothing through", "1 of 2 rows"},
		"nothing through in either":   {file(scenarioOf(1, 0, 6, ""), other), file(scenarioOf(1, 0, 6, ""), other), exitInconclusive, `"verdict":"inconclusive"`, "both files have", "brought nothing through"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, form := range []struct {
				args []string
				want string
			}{{[]string{"compare"}, tc.text}, {[]string{"compare", "--json"}, tc.json}} {
				code, stdout, stderr := tunbench(t, append(form.args, tc.before, tc.after)...)
				if code != tc.code || !strings.Contains(stdout, form.want) || !strings.Contains(stderr, tc.says) {
					t.Errorf("%v: exit code %d, want %d, with %q and %q; says\n%s\n%s", form.args, code, tc.code, form.want, tc.says, stderr, stdout)
				}
			}
		})
	}
}

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

// nightly writes a directory of runs, a night each, in which the forwarder reaches so much of the router's rate.
func nightly(t *testing.T, ratios ...float64) string {
	t.Helper()
	return nightlyFrom(t, time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC), ratios...)
}

// nightlyFrom is the same with the first night.
func nightlyFrom(t *testing.T, first time.Time, ratios ...float64) string {
	t.Helper()
	dir := t.TempDir()
	for i, ratio := range ratios {
		at := first.AddDate(0, 0, i)
		router := 4e5 * (1 + 0.1*float64(i%4))
		records := []results.Record{results.Host{Time: at, Hostname: "bench-1", Kernel: "6.18.0", Commit: fmt.Sprintf("%07d", i)}}
		for name, pps := range map[string]float64{"dut=forwarder/load=max/size=64": router * ratio, "dut=route/load=max/size=64": router} {
			records = append(records, results.Trial{Scenario: name, Start: at, DurationS: 1, Traffic: results.Traffic{ForwardedPps: &pps}})
		}
		records = append(records, results.End{Time: at, Status: results.Completed, Trials: 2})
		text, err := os.ReadFile(fileWith(t, records, ""))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.jsonl", i)), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestHistory(t *testing.T) {
	level := func(n int, ratio float64) (ratios []float64) {
		for i := range n {
			ratios = append(ratios, ratio*(1+0.002*float64(i*3%5)))
		}
		return ratios
	}
	worse := nightly(t, append(level(12, 2.5), level(6, 2.2)...)...)
	notOurs := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(notOurs, []byte("hello\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	newer := fileWith(t, nil, `{"schema":99,"record":"host"}`+"\n")
	for name, tc := range map[string]struct {
		args      []string
		code      int
		out, errs []string
	}{
		"worse":           {[]string{worse}, exitRegression, []string{"ratio to route", "worse", "12.1 % less", "0000011 → 0000012", "Among the newest 10 runs"}, []string{"worse than before"}},
		"long ago":        {[]string{"--recent", "3", worse}, exitSuccess, []string{"12.1 % less"}, nil},
		"steady":          {[]string{nightly(t, level(12, 2.5)...)}, exitSuccess, []string{"Nothing became worse"}, nil},
		"better":          {[]string{nightly(t, append(level(9, 2.2), level(6, 2.5)...)...)}, exitSuccess, []string{"better"}, nil},
		"few":             {[]string{nightly(t, level(4, 1)...)}, exitInconclusive, []string{"No series has 8 runs"}, nil},
		"Markdown":        {[]string{"--markdown", "--recent", "3", worse}, exitSuccess, []string{"| ", "worse"}, nil},
		"page":            {[]string{"--html", "--recent", "3", worse}, exitSuccess, []string{"<svg", "12.1 % less"}, nil},
		"no file":         {[]string{"no-such-file"}, exitFailure, nil, []string{"no-such-file"}},
		"empty directory": {[]string{t.TempDir()}, exitUsage, nil, []string{"no *.jsonl"}},
		"not ours":        {[]string{notOurs}, exitFailure, nil, []string{"x.jsonl"}},
		"newer":           {[]string{newer}, exitFailure, nil, []string{"schema 99"}},
		"no words":        {nil, exitUsage, nil, []string{"at least 1"}},
		"significance":    {[]string{"--significance", "0", worse}, exitUsage, nil, []string{"0.004 to 0.5"}},
		"recent":          {[]string{"--recent", "0", worse}, exitUsage, nil, []string{"at least 1"}},
		"two forms":       {[]string{"--json", "--markdown", worse}, exitUsage, nil, []string{"one of them"}},
	} {
		code, stdout, stderr := tunbench(t, append([]string{"history"}, tc.args...)...)
		if code != tc.code {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, tc.code, stderr)
		}
		for _, word := range tc.out {
			if !strings.Contains(stdout, word) {
				t.Errorf("%s: no %q in\n%s", name, word, stdout)
			}
		}
		for _, word := range tc.errs {
			if !strings.Contains(stderr, word) {
				t.Errorf("%s: no %q in %s", name, word, stderr)
			}
		}
	}
}

// TestHistoryJSON: the record of a series has its runs and its changes.
func TestHistoryJSON(t *testing.T) {
	dir := nightly(t, 2, 2.01, 2.02, 2, 2.01, 2.02, 1, 1.01, 1.02, 1, 1.01, 1.02)
	code, stdout, _ := tunbench(t, "history", "--json", dir)
	var series struct {
		Record    string
		Reference string
		Runs      []struct{ File string }
		Changes   []struct {
			Run     int
			Verdict string
		}
	}
	if err := json.Unmarshal([]byte(stdout), &series); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if code != exitRegression || series.Record != "series" || len(series.Runs) != 12 || series.Runs[0].File != filepath.Join(dir, "00.jsonl") ||
		len(series.Changes) != 1 || series.Changes[0].Run != 6 || series.Changes[0].Verdict != "worse" {
		t.Errorf("exit code %d, %+v", code, series)
	}
}

package shards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/campaign"
	"tunbench/results"
)

// start is when the plan of all tests was written.
var start = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// planText is the plan as a shard record has it.
func planText(schema int) json.RawMessage {
	return fmt.Appendf(nil, `{"plan_schema":%d,"written":"2026-05-04T12:00:00Z","kind":"run","tester":{},"work":{"scenarios":["dut=veth"],"rounds":2}}`, schema)
}

// made is a shard to be written: a test changes what it is about.
type made struct {
	host    results.Host
	shard   results.Shard
	trials  []results.Trial
	end     *results.End
	ends    *results.ShardEnd
	without bool // no shard record
}

// shardOf is the complete shard of one of three machines.
func shardOf(index int) *made {
	at := start.Add(time.Hour)
	m := &made{
		host: results.Host{Time: at, Hostname: fmt.Sprint("m", index), Version: "v1"},
		shard: results.Shard{
			Plan: planText(1), PlanHash: "0123456789ab", Index: index, Of: 3, HostID: fmt.Sprintf("%08x", index), Started: at,
		},
		end:  &results.End{Time: at.Add(time.Minute), Status: results.Completed, Trials: 2},
		ends: &results.ShardEnd{Ended: at.Add(time.Minute), Trials: 2},
	}
	for round := range 2 {
		pps := float64(1000*index + round)
		m.trials = append(m.trials, results.Trial{
			Scenario: "dut=veth", Round: round, Start: at.Add(time.Duration(round) * time.Second), Traffic: results.Traffic{ForwardedPps: &pps},
		})
	}
	return m
}

func (m *made) text(t testing.TB) []byte {
	t.Helper()
	records := []results.Record{m.host}
	if !m.without {
		records = append(records, m.shard)
	}
	for _, trial := range m.trials {
		records = append(records, trial)
	}
	if m.end != nil {
		records = append(records, *m.end)
	}
	if m.ends != nil {
		records = append(records, *m.ends)
	}
	var all []byte
	for _, r := range records {
		line, err := results.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line...)
	}
	return all
}

// file writes a shard into a folder.
func (m *made) file(t testing.TB, dir, name string) string {
	t.Helper()
	return fileOf(t, dir, name, m.text(t))
}

func fileOf(t testing.TB, dir, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// now is after all that was measured.
var now = start.Add(24 * time.Hour)

// merge reads and merges; paths are below dir.
func merge(t *testing.T, dir string, names ...string) (*Merged, error) {
	t.Helper()
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	all, warnings, err := Read(t.Context(), names, nil)
	if err != nil {
		return nil, err
	}
	m, err := NewMerged(all, now)
	if err == nil {
		m.Record.Warnings = append(m.Record.Warnings, warnings...)
	}
	return m, err
}

func writing(ctx context.Context, m *Merged) func(io.Writer) error {
	return func(w io.Writer) error { return m.Write(ctx, w) }
}

// TestMergeKeepsShardsAsTheyAre: the merged file is the record and the files, byte for byte, in the order of the machines, wherever they came
// from.
func TestMergeKeepsShardsAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	if err := WriteFrame(&log, Frame{Hash: "0123456789ab", Shard: campaign.Shard{Index: 0, Of: 3}, Text: shardOf(0).text(t)}); err != nil {
		t.Fatal(err)
	}
	fileOf(t, dir, "log", []byte("before\n"+log.String()+"behind\n"))
	fileOf(t, dir, "two", append([]byte("\ufeff"), shardOf(2).text(t)...))
	fileOf(t, dir, "one", []byte(strings.TrimSuffix(string(shardOf(1).text(t)), "\n")+"\n\n"))
	m, err := merge(t, dir, "two", "log", "one")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "merged")
	if err := WriteNew(path, writing(t.Context(), m)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(text), "\n")
	if want := string(shardOf(0).text(t)) + string(shardOf(1).text(t)) + "\n" + string(shardOf(2).text(t)); got != want {
		t.Errorf("behind the merge record:\n%s\nwant\n%s", got, want)
	}
	file, err := results.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Warnings) > 0 || len(file.Merge.Missing) > 0 || len(file.Merge.Doubled) > 0 || len(file.Merge.Warnings) > 0 {
		t.Errorf("it warns: %+v", file.Merge)
	}
	for i, part := range file.Parts() {
		if part.Shard.Index != i || len(part.Trials) != 2 || len(part.Warnings) > 0 || file.Merge.Shards[i].HostID != part.Shard.HostID {
			t.Errorf("part %d: %+v", i, part)
		}
	}
	if m.Trials() != 6 || file.Merge.Shards[0].File != filepath.Join(dir, "log")+":2" {
		t.Errorf("%d trials, %+v", m.Trials(), file.Merge.Shards)
	}
}

// TestMergeRules: which files go together, and what is said of those that do not.
func TestMergeRules(t *testing.T) {
	dir := t.TempDir()
	with := func(name string, index int, change func(*made)) {
		m := shardOf(index)
		if change != nil {
			change(m)
		}
		m.file(t, dir, name)
	}
	with("0", 0, nil)
	with("0copy", 0, nil)
	with("1", 1, nil)
	with("2", 2, nil)
	with("0unlike", 0, func(m *made) { m.trials[0].Round = 7 })
	with("1cut", 1, func(m *made) { m.end, m.ends = nil, nil })
	with("1stopped", 1, func(m *made) { m.end.Status, m.end.Reason, m.ends = results.Interrupted, "terminated", nil })
	with("1noend", 1, func(m *made) { m.ends = nil })
	with("1lost", 1, func(m *made) { m.trials = m.trials[:1] })
	with("otherplan", 1, func(m *made) { m.shard.PlanHash = "ba9876543210" })
	with("othercount", 1, func(m *made) { m.shard.Of = 4 })
	with("newer", 1, func(m *made) { m.shard.Plan = planText(2) })
	with("outofrange", 1, func(m *made) { m.shard.Index = 3 })
	with("negative", 1, func(m *made) { m.shard.Index = -1 })
	with("noshard", 1, func(m *made) { m.without, m.ends = true, nil })
	with("begun", 1, func(m *made) { m.without, m.trials, m.end, m.ends = true, nil, nil, nil })
	with("early", 1, func(m *made) { m.trials[0].Start = start.Add(-time.Hour) })
	with("late", 1, func(m *made) { m.ends.Ended = now.Add(time.Hour) })
	with("back", 1, func(m *made) { m.ends.Ended = m.shard.Started.Add(-time.Minute) })
	with("resumed", 1, func(m *made) { m.ends.Resumed = start.Add(time.Hour) })
	with("samehost", 1, func(m *made) { m.shard.HostID = "00000000" })
	with("otherversion", 1, func(m *made) { m.host.Version = "v2" })
	fileOf(t, dir, "empty", nil)
	fileOf(t, dir, "text", []byte("hello\n"))
	fileOf(t, dir, "packed", []byte("\x1f\x8b\x08\x00"))
	fileOf(t, dir, "damaged", []byte(strings.Replace(string(shardOf(1).text(t)), `"trial"`, `"tri`, 1)))
	fileOf(t, dir, "newerrecords", []byte(`{"schema":99,"record":"host"}`+"\n"))
	fileOf(t, dir, "merged", append([]byte(`{"schema":4,"record":"merge"}`+"\n"), shardOf(1).text(t)...))

	for _, tc := range []struct {
		files string
		err   string // a part of the error
		usage bool   // it is the user's
		says  string // a part of the record
		not   string // no part of the record
	}{
		{"0 1 2", "", false, `"of":3`, "missing"},
		{"0 1", "", false, `"missing":[{"index":2,"why":"no file of it was given"}]`, "doubled"},
		{"0 0copy 1 2", "", false, `"doubled":[{"index":0,`, "missing"},
		{"0 1 2 0", "", false, `"doubled":[{"index":0,`, "missing"},
		{"1cut 0 1 2", "", false, `1cut"]}]`, "missing"},
		{"0 1cut 2", "", false, `cut off, or is still being measured`, "doubled"},
		{"0 1stopped 2", "", false, `interrupted: terminated`, "doubled"},
		{"0 1noend 2", "", false, `1noend: it was cut off`, "doubled"},
		{"0 1lost 2", "", false, `speaks of 2 trials, it has 1`, "doubled"},
		{"0 1cut 1stopped 2", "", false, `terminated`, "doubled"},
		{"0 begun 2", "", false, `begun was cut off before`, "doubled"},
		{"0 empty 2", "", false, `empty is empty`, "doubled"},
		{"0 early 2", "", false, `shard 1/3 (m1): its clock is off: it began 1h0m0s before the plan was written`, ""},
		{"0 late 2", "", false, `shard 1/3 (m1): its clock is off: it ended 1h0m0s in the future`, ""},
		{"0 back 2", "", false, `set back`, ""},
		{"0 resumed 2", "", false, `shard 1/3 (m1): measured in several sittings, the last from 2026-05-04 13:00:00`, ""},
		{"0 samehost 2", "", false, `shards 0, 1 were measured on one machine, m0`, ""},
		{"0 otherversion 2", "", false, `different versions of tunbench: v1 (0, 2); v2 (1)`, ""},
		{"0 0unlike 1 2", "shard 0/3 was measured twice, with unlike results", false, "", ""},
		{"0 otherplan", "plan 0123456789ab (" + dir + "/0); plan ba9876543210 (" + dir + "/otherplan)", true, "", ""},
		{"0 othercount", "3 machines (" + dir + "/0); 4 machines (" + dir + "/othercount)", true, "", ""},
		{"0 newer", "newer: plan of version 2, newer than 1", true, "", ""},
		{"0 outofrange", "outofrange: shard 3/3 is out of range", true, "", ""},
		{"0 negative", "negative: shard -1/3 is out of range", true, "", ""},
		{"0 noshard", "noshard is not the result file of a shard", true, "", ""},
		{"0 text", "text is neither the result file of a shard nor a log", true, "", ""},
		{"0 packed", "gunzip", true, "", ""},
		{"0 merged", "merged is a merged file", true, "", ""},
		{"1cut", "no shard is complete: " + dir + "/1cut", true, "", ""},
		{"empty begun", "there is no shard", true, "", ""},
		{"0 damaged", "damaged: line 3", false, "", ""},
		{"0 newerrecords", "newer tunbench", false, "", ""},
		{"0 nofile", "no such file", false, "", ""},
	} {
		m, err := merge(t, dir, strings.Fields(tc.files)...)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %q", tc.files, err, tc.err)
			}
			if _, is := err.(*campaign.UsageError); is != tc.usage {
				t.Errorf("%s: wrong usage is %v, want %v: %v", tc.files, is, tc.usage, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.files, err)
			continue
		}
		record, err := results.Encode(m.Record)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(record), tc.says) || tc.not != "" && strings.Contains(string(record), `"`+tc.not+`"`) {
			t.Errorf("%s: %s, want %q and no %q", tc.files, record, tc.says, tc.not)
		}
	}
}

// TestChangedWhileMerged: a merging that is interrupted, or meets a file that is not any more what was checked leaves no file.
func TestChangedWhileMerged(t *testing.T) {
	dir := t.TempDir()
	path := shardOf(0).file(t, dir, "0")
	m, err := merge(t, dir, "0")
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := WriteNew(filepath.Join(dir, "merged"), writing(stopped, m)); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if err := os.WriteFile(path, shardOf(1).text(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteNew(filepath.Join(dir, "merged"), writing(t.Context(), m)); err == nil || !strings.Contains(err.Error(), "0 changed") {
		t.Errorf("%v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestWriteNewReplacesNothing: also not a file that appears while it writes.
func TestWriteNewReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	write := func(m *Merged) error { return WriteNew(path, writing(t.Context(), m)) }
	m, err := NewMerged([]*Shard{{Name: "0", Record: shardOf(0).shard, End: shardOf(0).ends, text: shardOf(0).text(t)}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(m); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(m); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("%v", err)
	}
	if err := rename(fileOf(t, filepath.Dir(path), "temp", nil), path); err == nil {
		t.Error("a file was replaced")
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("%v: the file was changed", err)
	}
}

// TestReplace: what was there stays until the new file is whole.
func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "merged")
	broken := errors.New("broken")
	for _, tc := range []struct {
		text string
		err  error
		want string
	}{{"one", nil, "one"}, {"two", broken, "one"}, {"three", nil, "three"}} {
		err := Replace(path, 0o644, func(w io.Writer) error {
			_, err := io.WriteString(w, tc.text)
			return errors.Join(err, tc.err)
		})
		got, readErr := os.ReadFile(path)
		if !errors.Is(err, tc.err) || readErr != nil || string(got) != tc.want {
			t.Errorf("%s: %v, %q, %v", tc.text, err, got, readErr)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}
}

package results_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// shardRecords are those of the shard of one machine.
func shardRecords(index int) []results.Record {
	return []results.Record{
		results.Host{Time: fixture.Start, Hostname: fmt.Sprint("m", index)},
		results.Shard{Plan: json.RawMessage(`{"plan_schema":1,"kind":"run"}`), PlanHash: "0123456789ab", Index: index, Of: 2, HostID: fmt.Sprintf("%08d", index), Started: fixture.Start},
		results.Trial{Scenario: "dut=veth/size=64", Start: fixture.Start},
		fixture.End(1),
		results.ShardEnd{Ended: fixture.Start, Exit: 4, Trials: 1},
	}
}

func merged(t *testing.T, shards ...int) string {
	t.Helper()
	merge := results.Merge{Time: fixture.Start, Plan: json.RawMessage(`{"kind":"run"}`), PlanHash: "0123456789ab", Of: 2}
	var all []results.Record
	for _, i := range shards {
		merge.Shards = append(merge.Shards, results.MergedShard{Index: i, File: fmt.Sprint(i), Trials: 1})
		all = append(all, shardRecords(i)...)
	}
	return encodeAll(t, append([]results.Record{merge}, all...)...)
}

// TestShardFile: what the writer takes the reader reads, and nothing comes after the last record.
func TestShardFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shard.jsonl")
	w, err := results.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range shardRecords(1) {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write(fixture.End(1)); err == nil {
		t.Error("wrote a record after the shard_end")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := results.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fixture.File(shardRecords(1)...), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if parts := got.Parts(); len(parts) != 1 || parts[0] != got {
		t.Errorf("parts of a file that is not merged: %v", parts)
	}

	// Both records of the end go when it is resumed.
	w, err = results.Resume(path, func(*results.File) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if want := encodeAll(t, shardRecords(1)[:3]...); err != nil || string(text) != want {
		t.Errorf("resumed: %v\n%s\nwant\n%s", err, text, want)
	}
}

// TestIncompleteShard: an end is not the end of a shard.
func TestIncompleteShard(t *testing.T) {
	file, err := results.Read(strings.NewReader(encodeAll(t, shardRecords(0)[:4]...)))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Warnings) != 1 || !strings.Contains(file.Warnings[0].Text, "incomplete") {
		t.Errorf("warnings: %v", file.Warnings)
	}
}

// TestMergedFile: each part of a merged file is what its own file is.
func TestMergedFile(t *testing.T) {
	file, err := results.Read(strings.NewReader(merged(t, 0, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Trials) > 0 || file.Merge == nil || len(file.Warnings) > 0 {
		t.Errorf("the whole: %+v", file)
	}
	want := []*results.File{fixture.File(shardRecords(0)...), fixture.File(shardRecords(1)...)}
	if diff := cmp.Diff(want, file.Parts(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	path := filepath.Join(t.TempDir(), "merged.jsonl")
	if err := os.WriteFile(path, []byte(merged(t, 0)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := results.Resume(path, func(*results.File) error { return nil }); err == nil || !strings.Contains(err.Error(), "merged") {
		t.Errorf("resume of a merged file: %v", err)
	}
}

// TestTornMergedFile: what is cut off is said, of the shard and of the whole.
func TestTornMergedFile(t *testing.T) {
	whole := merged(t, 0, 1)
	lines := strings.SplitAfter(whole, "\n")
	first := strings.Join(lines[:6], "") // the merge record and the first shard
	for name, tc := range map[string]struct {
		text  string
		whole string // warning of the whole
		last  string // of the last shard
	}{
		"between shards": {first, "the file has 1", ""},
		"in a shard":     {whole[:len(whole)-len(lines[9])-len(lines[10])], "", "no end record"},
		"in a line":      {whole[:len(whole)-5], "", "torn"},
	} {
		file, err := results.Read(strings.NewReader(tc.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprint(file.Warnings); !strings.Contains(got, tc.whole) || (tc.whole == "") != (len(file.Warnings) == 0) {
			t.Errorf("%s: warnings of the whole: %v, want %q", name, got, tc.whole)
		}
		last := file.Shards[len(file.Shards)-1]
		if got := fmt.Sprint(last.Warnings); !strings.Contains(got, tc.last) || (tc.last == "") != (len(last.Warnings) == 0) {
			t.Errorf("%s: warnings of the last shard: %v, want %q", name, got, tc.last)
		}
	}
}

func TestWrongMergedFiles(t *testing.T) {
	line := func(r results.Record) string { return encodeAll(t, r) }
	all := merged(t, 0, 1)
	shard := encodeAll(t, shardRecords(0)...)
	for name, tc := range map[string]struct{ text, want string }{
		"merge record later":     {shard + line(results.Merge{}), "first of its file"},
		"two merge records":      {all + line(results.Merge{}), "first of its file"},
		"trial before a host":    {line(results.Merge{}) + line(results.Trial{}), "begins with its host record"},
		"part that is no shard":  {line(results.Merge{}) + line(results.Host{}) + line(fixture.End(0)) + shard, "begins with its host record"},
		"last part is no shard":  {line(results.Merge{}) + line(results.Host{}) + line(fixture.End(0)), "begins with its host record"},
		"two files, not merged":  {shard + shard, "tunbench merge"},
		"shard_end without end":  {line(results.Host{}) + line(shardRecords(0)[1]) + line(results.ShardEnd{}), "after the end record"},
		"shard_end of no shard":  {line(results.Host{}) + line(fixture.End(0)) + line(results.ShardEnd{}), "after the end record"},
		"shard_end twice":        {shard + line(results.ShardEnd{}), "after the end record"},
		"trial after a shard":    {all + line(results.Trial{}), "written by another run"},
		"trial between shards":   {strings.Replace(all, shard, shard+line(results.Trial{}), 1), "written by another run"},
		"a part of newer schema": {all + `{"schema":99,"record":"host"}` + "\n" + line(fixture.End(0)), "newer"},
	} {
		if _, err := results.Read(strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

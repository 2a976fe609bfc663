package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

// actor is an engine whose tasks do what a test says.
type actor struct {
	play    func(f *Folder, job string, shard int) Task // how a task stands; it may write files
	refuse  error                                       // of submit
	jobs    []Job
	asked   int
	refused int
}

func (*actor) check(*Request) error                         { return nil }
func (*actor) files(*Request) ([]file, error)               { return nil, nil }
func (*actor) fetch(context.Context, *Folder, []Task) error { return nil }

func (a *actor) submit(_ context.Context, _ *Folder, shards []int, keep func(Job) error) error {
	if a.refuse != nil {
		a.refused++
		return a.refuse
	}
	job := Job{ID: fmt.Sprint(len(a.jobs)), Shards: shards}
	a.jobs = append(a.jobs, job)
	return keep(job)
}

func (a *actor) ask(_ context.Context, f *Folder) (tasks []Task, err error) {
	a.asked++
	for _, job := range a.jobs {
		for _, shard := range job.Shards {
			t := a.play(f, job.ID, shard)
			t.Job, t.Shard = job.ID, shard
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

const testHash = "0123456789ab"

// folder is one of an actor, with a plan of nothing.
func folder(t *testing.T, a *actor, shards int) *Folder {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, resultsDir), 0o755); err != nil {
		t.Fatal(err)
	}
	plan := []byte("{}\n")
	if err := os.WriteFile(filepath.Join(dir, planFile), plan, 0o644); err != nil {
		t.Fatal(err)
	}
	return &Folder{dir: dir, engine: a, state: state{Schema: stateSchema, Engine: "slurm", PlanHash: testHash, PlanSum: sum(plan), Shards: shards}, seen: map[string]seenFile{}}
}

// leave writes the result file of a shard into the folder.
func leave(t *testing.T, f *Folder, host string, shard int, ended time.Time, whole bool) string {
	t.Helper()
	path := f.path(resultsDir, fmt.Sprintf("%s-%dof%d-%s.jsonl", f.state.PlanHash, shard, f.state.Shards, host))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	records := []results.Record{
		results.Host{Hostname: host},
		results.Shard{Plan: []byte(`{}`), PlanHash: f.state.PlanHash, Index: shard, Of: f.state.Shards, HostID: host},
		results.End{Status: results.Completed},
		results.ShardEnd{Ended: ended},
	}
	if !whole {
		records = records[:2]
	}
	w, err := results.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func collector(said *[]string, retries int) Collector {
	return Collector{Retries: retries, Every: time.Millisecond, Show: func([]Shard) {}, Say: func(text string) { *said = append(*said, text) }}
}

// TestCollectRepeatsWhatIsLost: of three shards one is killed once, one always; only these are submitted again, as often as allowed.
func TestCollectRepeatsWhatIsLost(t *testing.T) {
	a := &actor{}
	a.play = func(f *Folder, job string, shard int) Task {
		switch {
		case shard == 2:
			leave(t, f, "n2", 2, time.Now(), false)
			return Task{Phase: Over, Where: "n2", Why: "killed"}
		case shard == 1 && job == "0":
			return Task{Phase: Over, Where: "n1", Why: "node fail"}
		}
		leave(t, f, "n0", shard, time.Now(), true)
		return Task{Phase: Over, Where: "n0"}
	}
	f := folder(t, a, 3)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var said []string
	shards, err := f.Collect(t.Context(), collector(&said, 2))
	if err != nil {
		t.Fatal(err)
	}
	var phases []Phase
	for _, s := range shards {
		phases = append(phases, s.Phase)
	}
	if diff := cmp.Diff([]Phase{Complete, Complete, Failed}, phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	want := []Job{{"0", []int{0, 1, 2}}, {"1", []int{1, 2}}, {"2", []int{2}}}
	if diff := cmp.Diff(want, a.jobs); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, f.state.Jobs); diff != "" {
		t.Errorf("remembered jobs (-want +got):\n%s", diff)
	}
	wantSaid := []string{"shard 1 on n1: node fail: it is repeated", "shard 2 on n2: killed: it is repeated", "shard 2 on n2: killed: it is repeated"}
	if diff := cmp.Diff(wantSaid, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// TestFailedTwiceInARow: a shard whose file appears a moment after its task is over is not repeated.
func TestFailedTwiceInARow(t *testing.T) {
	a := &actor{}
	a.play = func(f *Folder, _ string, shard int) Task {
		if a.asked > 2 {
			leave(t, f, "n0", shard, time.Now(), true)
		}
		return Task{Phase: Over}
	}
	f := folder(t, a, 1)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.asked = 1
	shards, err := f.Collect(t.Context(), collector(new([]string), 5))
	if err != nil || !AllComplete(shards) || len(a.jobs) != 1 {
		t.Errorf("%v, %v, submitted %d times", shards, err, len(a.jobs))
	}
}

// TestEngineThatRefuses: repeats that are not taken count too, so that collect ends.
func TestEngineThatRefuses(t *testing.T) {
	a := &actor{play: func(*Folder, string, int) Task { return Task{Phase: Over, Why: "killed"} }}
	f := folder(t, a, 1)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.refuse = errors.New("no room")
	var said []string
	shards, err := f.Collect(t.Context(), collector(&said, 3))
	if err != nil || shards[0].Phase != Failed || a.refused != 3 || !slices.Contains(said, "no room") {
		t.Errorf("%v, %v, refused %d times, said %q", shards, err, a.refused, said)
	}
}

// TestChangedPlan: what a changed plan would bring back counts for nobody, so nothing of it is begun or waited for.
func TestChangedPlan(t *testing.T) {
	a := &actor{play: func(*Folder, string, int) Task { return Task{Phase: Running} }}
	f := folder(t, a, 1)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path(planFile), []byte("{ }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const says = "render the changed plan into a new folder"
	if _, err := f.Submit(t.Context()); !errors.As(err, new(*UsageError)) || !strings.Contains(err.Error(), says) {
		t.Errorf("submit: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Collect(ctx, collector(new([]string), 1)); !errors.As(err, new(*UsageError)) || !strings.Contains(err.Error(), says) {
		t.Errorf("collect: %v", err)
	}
}

func TestCollectNeedsSubmit(t *testing.T) {
	f := folder(t, &actor{}, 1)
	if _, err := f.Collect(t.Context(), collector(new([]string), 1)); !errors.As(err, new(*UsageError)) || !strings.Contains(err.Error(), "fleet submit") {
		t.Errorf("%v", err)
	}
}

// TestInterruptedCollect: it ends at once, and nothing is repeated.
func TestInterruptedCollect(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("Ctrl-C")
	a := &actor{play: func(*Folder, string, int) Task { return Task{Phase: Running} }}
	f := folder(t, a, 1)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := collector(new([]string), 1)
	c.Every = time.Hour
	c.Show = func([]Shard) { cancel(why) }
	if _, err := f.Collect(ctx, c); !errors.Is(err, why) || len(a.jobs) != 1 {
		t.Errorf("%v, submitted %d times", err, len(a.jobs))
	}
}

// TestFirstCompleteFileCounts: a node that was thought lost comes back with a second file of the shard; one counts, the one that was complete
// first. Files of other plans and of other shards do not.
func TestFirstCompleteFileCounts(t *testing.T) {
	a := &actor{play: func(*Folder, string, int) Task { return Task{Phase: Over} }}
	f := folder(t, a, 2)
	now := time.Now()
	later, first := leave(t, f, "late", 0, now.Add(time.Minute), true), leave(t, f, "soon", 0, now, true)
	leave(t, f, "torn", 1, now, false)
	other := folder(t, a, 2)
	other.dir, other.state.PlanHash = f.dir, "ba9876543210"
	leave(t, other, "other", 1, now, true)
	if err := os.WriteFile(f.path(resultsDir, "junk.jsonl"), []byte(`"shard_end"`), 0o644); err != nil {
		t.Fatal(err)
	}
	shards, err := f.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Shard{{Index: 0, Phase: Complete, Where: "soon", File: first, Left: []string{later}}, {Index: 1, Phase: Missing}}
	if diff := cmp.Diff(want, shards); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The torn one becomes whole, as when a shard goes on.
	path := leave(t, f, "torn", 1, now, false)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	leave(t, f, "torn", 1, now, true)
	if shards, err = f.Look(t.Context()); err != nil || !AllComplete(shards) {
		t.Errorf("%v, %v", shards, err)
	}
	if got := Summary(shards); got != "2 of 2 complete" {
		t.Errorf("summary %q", got)
	}
}

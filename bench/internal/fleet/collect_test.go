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

	"tunbench/bench/internal/campaign"
	"tunbench/results"
)

// actor is an engine whose tasks do what a test says.
type actor struct {
	play    func(f *Folder, job string, shard int) Task // how a task stands; it may write files
	refuse  error                                       // of submit
	jobs    []Job
	asked   int
	refused int
	silent  func(asked int) error // of ask
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
	if a.silent != nil {
		if err := a.silent(a.asked); err != nil {
			return nil, err
		}
	}
	for _, job := range a.jobs {
		for _, shard := range job.Shards {
			t := a.play(f, job.ID, shard)
			t.Job, t.Shard = job.ID, shard
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

const (
	testHash = "0123456789ab"
	testID   = "4d5e6f70"
)

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
	return &Folder{dir: dir, engine: a, state: state{Schema: stateSchema, ID: testID, Engine: "slurm", PlanHash: testHash, PlanSum: sum(plan), Shards: shards}, seen: map[string]seenFile{}}
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
		results.Shard{Plan: []byte(`{"plan_schema":1}`), PlanHash: f.state.PlanHash, Index: shard, Of: f.state.Shards, HostID: host},
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
	return Collector{Retries: retries, Every: time.Millisecond, grace: time.Nanosecond, Show: func([]Shard) {}, Say: func(text string) { *said = append(*said, text) }}
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
	if _, err := f.Submit(t.Context()); !errors.As(err, new(*campaign.UsageError)) || !strings.Contains(err.Error(), says) {
		t.Errorf("submit: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Collect(ctx, collector(new([]string), 1)); !errors.As(err, new(*campaign.UsageError)) || !strings.Contains(err.Error(), says) {
		t.Errorf("collect: %v", err)
	}
}

func TestCollectNeedsSubmit(t *testing.T) {
	f := folder(t, &actor{}, 1)
	if _, err := f.Collect(t.Context(), collector(new([]string), 1)); !errors.As(err, new(*campaign.UsageError)) || !strings.Contains(err.Error(), "fleet submit") {
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

// TestEngineThatFallsSilent: one that did answer is asked again, which is said once, and given up after a time; one that never answered is not.
func TestEngineThatFallsSilent(t *testing.T) {
	silence := errors.New("connection refused")
	begin := func(silent func(asked int) error) (*actor, *Folder) {
		a := &actor{}
		a.play = func(f *Folder, _ string, shard int) Task {
			if a.asked < 6 {
				return Task{Phase: Running}
			}
			leave(t, f, "n0", shard, time.Now(), true)
			return Task{Phase: Over}
		}
		f := folder(t, a, 1)
		if _, err := f.Submit(t.Context()); err != nil { // asked once
			t.Fatal(err)
		}
		a.silent = silent
		return a, f
	}
	var said []string
	_, f := begin(func(asked int) error {
		if asked == 3 || asked == 4 {
			return silence
		}
		return nil
	})
	shards, err := f.Collect(t.Context(), collector(&said, 0))
	if diff := cmp.Diff([]string{"connection refused: it is asked again"}, said); err != nil || !AllComplete(shards) || diff != "" {
		t.Errorf("%v, %v, said (-want +got):\n%s", shards, err, diff)
	}
	_, f = begin(func(asked int) error {
		if asked > 2 {
			return silence
		}
		return nil
	})
	c := collector(&said, 0)
	c.giveUp = time.Nanosecond
	if shards, err := f.Collect(t.Context(), c); !errors.Is(err, silence) || !strings.Contains(err.Error(), "nothing has answered") || len(shards) != 1 {
		t.Errorf("%v, %v", shards, err)
	}
	a, f := begin(func(int) error { return silence })
	if _, err := f.Collect(t.Context(), collector(&said, 0)); !errors.Is(err, silence) || a.asked != 2 {
		t.Errorf("%v, asked %d times", err, a.asked)
	}
}

// TestWhatGoesOnWins: a shard of which an older job runs is running, whatever the newer ones say.
func TestWhatGoesOnWins(t *testing.T) {
	f := folder(t, &actor{}, 1)
	f.state.Jobs = []Job{{"0", []int{0}}, {"1", []int{0}}}
	for _, tasks := range [][]Task{
		{{Job: "0", Phase: Running}, {Job: "1", Phase: Over}},
		{{Job: "1", Phase: Over}, {Job: "0", Phase: Running}},
		{{Job: "0", Phase: Running}, {Job: "1", Phase: Unknown}},
		{{Job: "1", Phase: Waiting}, {Job: "0", Phase: Running}},
	} {
		if s := f.shard(0, tasks, nil); s.Phase != Running {
			t.Errorf("%v: %+v", tasks, s)
		}
	}
}

// TestWhatIsMerged: only files that count, in a folder of any name. A file whose end speaks of trials that it has not is not complete.
func TestWhatIsMerged(t *testing.T) {
	a := &actor{play: func(*Folder, string, int) Task { return Task{Phase: Over} }}
	f := folder(t, a, 2)
	f.dir = filepath.Join(f.dir, "a[b]*")
	if err := os.MkdirAll(f.path(resultsDir), 0o755); err != nil {
		t.Fatal(err)
	}
	whole := leave(t, f, "n0", 0, time.Now(), true)
	leave(t, f, "n1", 0, time.Now(), false)
	short := leave(t, f, "n1", 1, time.Now(), true)
	text, err := os.ReadFile(short)
	if err != nil {
		t.Fatal(err)
	}
	const none = `"trials":0`
	last := strings.LastIndex(string(text), none)
	if last < 0 {
		t.Fatalf("no trials in %s", text)
	}
	if err := os.WriteFile(short, []byte(string(text[:last])+`"trials":3`+string(text[last+len(none):])), 0o644); err != nil {
		t.Fatal(err)
	}
	shards, err := f.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{whole}, Files(shards)); diff != "" || shards[1].Phase != Missing {
		t.Errorf("%+v (-want +got):\n%s", shards, diff)
	}
}

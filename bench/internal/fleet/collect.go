package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"tunbench/bench/internal/campaign"
)

// Collector waits for the shards of a folder and repeats those that are lost.
type Collector struct {
	Retries int               // how often a shard is repeated at most
	Every   time.Duration     // how long to wait before the engine is asked again; 0 is what suits it
	Say     func(text string) // takes a sentence about a shard that is repeated, or an engine that does not answer
	Show    func([]Shard)     // takes how all shards stand, whenever that has changed

	grace  time.Duration // how long a shard must have failed before it is repeated; 0 is what suits the engine
	giveUp time.Duration // how long nothing may have answered; 0 is longestSilence
}

// longestSilence is for how long an engine, or a host, may give no answer: an hours-long wait shall survive a network that comes back.
const longestSilence = 10 * time.Minute

// pace is how often an engine is asked, and how long a shard that is over may take to show its file.
type pace struct{ every, grace time.Duration }

// paces of the engines. A file system of a network may show a file after a minute (acdirmax of nfs(5)). A login disturbs what a host measures.
var paces = map[string]pace{
	"slurm":      {5 * time.Second, time.Minute},
	"kubernetes": {5 * time.Second, 5 * time.Second},
	"ssh":        {time.Minute, 10 * time.Second},
}

// Submit hands to the engine the shards that are neither complete nor on their way, and returns those that it took, also beside an error.
func (f *Folder) Submit(ctx context.Context) ([]int, error) {
	if err := f.samePlan(); err != nil {
		return nil, err
	}
	shards, err := f.Look(ctx)
	if err != nil {
		return nil, err
	}
	wanted := indexesOf(shards, Missing, Failed)
	if len(wanted) == 0 {
		return nil, nil
	}
	return f.submit(ctx, wanted)
}

// submit hands shards to the engine and returns those that it took.
func (f *Folder) submit(ctx context.Context, wanted []int) (taken []int, err error) {
	before := len(f.state.Jobs)
	err = f.engine.submit(ctx, f, wanted, f.keep)
	for _, job := range f.state.Jobs[before:] {
		taken = append(taken, job.Shards...)
	}
	return taken, err
}

// Collect waits until each shard is complete, or has failed as often as it may, and returns how they stand then. An engine that did answer and does
// not any more is asked again for ten minutes. If ctx ends, the jobs go on.
func (f *Folder) Collect(ctx context.Context, c Collector) ([]Shard, error) {
	if len(f.state.Jobs) == 0 {
		return nil, usage("%s: nothing of it was submitted: begin with tunbench fleet submit %s", f.dir, f.dir)
	}
	if err := f.samePlan(); err != nil {
		return nil, err
	}
	suits := paces[f.state.Engine]
	c.Every, c.grace, c.giveUp = cmp.Or(c.Every, suits.every), cmp.Or(c.grace, suits.grace), cmp.Or(c.giveUp, longestSilence)
	watch := watch{grace: c.grace, giveUp: c.giveUp, since: map[int]seenPhase{}, repeats: map[int]int{}}
	var (
		shards      []Shard
		shown, said string
		answered    time.Time
	)
	for {
		now, err := f.Look(ctx)
		switch {
		case err == nil:
			shards, answered, said = now, time.Now(), ""
			if text := fmt.Sprint(shards); text != shown {
				shown = text
				c.Show(shards)
			}
			f.tidy(ctx, c, shards)
			lost, pending := watch.look(shards, c.Retries)
			if len(lost) == 0 && !pending {
				return shards, nil
			}
			if err := f.repeat(ctx, c, lost); err != nil {
				return shards, err
			}
		case ctx.Err() != nil || errors.As(err, new(*ToolError)) || errors.As(err, new(*campaign.UsageError)) || answered.IsZero():
			return shards, err
		case time.Since(answered) >= c.giveUp:
			return shards, fmt.Errorf("nothing has answered for %v: the jobs go on, collect again later: %w", c.giveUp, err)
		case err.Error() != said:
			said = err.Error()
			c.Say(said + ": it is asked again")
		}
		select {
		case <-ctx.Done():
			return shards, context.Cause(ctx)
		case <-time.After(c.Every):
		}
	}
}

// seenPhase is a phase and when it was seen first.
type seenPhase struct {
	phase Phase
	at    time.Time
}

// watch is what a Collect remembers about shards from one look to the next.
type watch struct {
	grace, giveUp time.Duration
	since         map[int]seenPhase // of those that have failed or cannot be asked
	repeats       map[int]int
}

// look returns the shards that are to be repeated now, and whether there is anything else to wait for. A shard is repeated when two looks, with the
// grace between them, say that it has failed: its file may take a while to appear on this machine. One that was killed has none to wait for. One that cannot be asked may go on, and
// is given up much later.
func (w *watch) look(shards []Shard, retries int) (lost []Shard, pending bool) {
	for _, s := range shards {
		wait := w.grace
		switch s.Phase {
		case Complete:
			continue
		case Waiting, Running:
			pending = true
			delete(w.since, s.Index)
			continue
		case Unknown:
			wait = w.giveUp
		case Failed:
			if s.Killed {
				wait = 0
			}
		}
		since := w.since[s.Index]
		switch {
		case since.phase != s.Phase:
			pending = true
			w.since[s.Index] = seenPhase{s.Phase, time.Now()}
		case time.Since(since.at) < wait:
			pending = true
		case w.repeats[s.Index] < retries:
			lost = append(lost, s)
			delete(w.since, s.Index)
			w.repeats[s.Index]++
		}
	}
	return lost, pending
}

// repeat submits shards once more. What the engine does not take is said, and tried again as often as a shard may be repeated.
func (f *Folder) repeat(ctx context.Context, c Collector, lost []Shard) error {
	if len(lost) == 0 {
		return nil
	}
	for _, s := range lost {
		c.Say(s.Words() + ": it is repeated")
	}
	_, err := f.submit(ctx, indexesOf(lost, Missing, Failed, Unknown))
	if errors.As(err, new(*ToolError)) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		c.Say(err.Error())
	}
	return nil
}

// cleaner is an engine that leaves something on other machines.
type cleaner interface {
	// clean takes away what a job left of its shard, unless it goes on there.
	clean(ctx context.Context, f *Folder, job Job) error
}

// tidy takes away what complete shards left on other machines, each once; what fails is tried again at the next look.
func (f *Folder) tidy(ctx context.Context, c Collector, shards []Shard) {
	isComplete := func(i int) bool { return shards[i].Phase == Complete }
	for _, err := range f.clean(ctx, isComplete) {
		if ctx.Err() == nil && !f.said[err.Error()] {
			f.said[err.Error()] = true
			c.Say(err.Error() + "; tunbench fleet clean " + f.dir + " removes it later")
		}
	}
}

// Clean takes away what shards left on other machines, also those that are not complete, and returns the number of places. What still
// measures is left alone, and an error.
func (f *Folder) Clean(ctx context.Context) (places int, err error) {
	errs := f.clean(ctx, func(int) bool { return true })
	return len(f.cleaned), errors.Join(errs...)
}

// place is what a job left of a shard.
type place struct {
	job   string
	shard int
}

func (f *Folder) clean(ctx context.Context, wanted func(shard int) bool) []error {
	engine, ok := f.engine.(cleaner)
	if !ok {
		return nil
	}
	left := map[place]Job{}
	for _, job := range f.state.Jobs {
		for _, shard := range job.Shards {
			if p := (place{job.ID, shard}); wanted(shard) && !f.cleaned[p] {
				left[p] = Job{ID: job.ID, Shards: []int{shard}}
			}
		}
	}
	var all []place
	for p := range maps.Keys(left) {
		all = append(all, p)
	}
	errs := atOnce(all, func(p place) error {
		if err := engine.clean(ctx, f, left[p]); err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.cleaned[p] = true
		return nil
	})
	var failed []error
	for _, err := range errs {
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Collector waits for the shards of a folder and repeats those that are lost.
type Collector struct {
	Retries int               // how often a shard is repeated at most
	Every   time.Duration     // how long to wait before the engine is asked again
	Say     func(text string) // takes a sentence about a shard that is repeated
	Show    func([]Shard)     // takes how all shards stand, whenever that has changed
}

// Submit hands to the engine the shards that are neither complete nor on their way, and returns them.
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
	return wanted, f.engine.submit(ctx, f, wanted, f.keep)
}

// Collect waits until each shard is complete, or has failed as often as it may, and returns how they stand then. If ctx ends, the jobs go on.
func (f *Folder) Collect(ctx context.Context, c Collector) ([]Shard, error) {
	if len(f.state.Jobs) == 0 {
		return nil, usage("%s: nothing of it was submitted: begin with tunbench fleet submit %s", f.dir, f.dir)
	}
	if err := f.samePlan(); err != nil {
		return nil, err
	}
	watch := watch{failed: map[int]bool{}, repeats: map[int]int{}}
	for shown := ""; ; {
		shards, err := f.Look(ctx)
		if err != nil {
			return shards, err
		}
		if text := fmt.Sprint(shards); text != shown {
			shown = text
			c.Show(shards)
		}
		lost, pending := watch.look(shards, c.Retries)
		if len(lost) == 0 && !pending {
			return shards, nil
		}
		if err := f.repeat(ctx, c, lost); err != nil {
			return shards, err
		}
		select {
		case <-ctx.Done():
			return shards, context.Cause(ctx)
		case <-time.After(c.Every):
		}
	}
}

// watch is what a Collect remembers about shards from one look to the next.
type watch struct {
	failed  map[int]bool // at the last look
	repeats map[int]int
}

// look returns the shards that are to be repeated now, and whether there is anything else to wait for. A shard is repeated when two looks in a
// row say that it has failed: its file may take a moment to appear on this machine.
func (w *watch) look(shards []Shard, retries int) (lost []Shard, pending bool) {
	for _, s := range shards {
		switch s.Phase {
		case Complete:
			continue
		case Waiting, Running:
			pending = true
			w.failed[s.Index] = false
			continue
		}
		switch {
		case !w.failed[s.Index]:
			pending = true
			w.failed[s.Index] = true
		case w.repeats[s.Index] < retries:
			lost = append(lost, s)
			w.failed[s.Index] = false
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
		c.Say(s.words() + ": it is repeated")
	}
	err := f.engine.submit(ctx, f, indexesOf(lost, Missing, Failed), f.keep)
	if errors.As(err, new(*ToolError)) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		c.Say(err.Error())
	}
	return nil
}

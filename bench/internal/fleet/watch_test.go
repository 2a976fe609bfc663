package fleet

import (
	"testing"
	"time"
)

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

// TestUnknownIsNotLost: a shard whose machine cannot be asked uses up no repeat, until nobody believes in it any more.
func TestUnknownIsNotLost(t *testing.T) {
	a := &actor{}
	a.play = func(f *Folder, job string, shard int) Task {
		if a.asked < 8 && job == "0" {
			return Task{Phase: Unknown, Why: "cannot be asked"}
		}
		leave(t, f, "n0", shard, time.Now(), true)
		return Task{Phase: Over}
	}
	f := folder(t, a, 1)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var said []string
	shards, err := f.Collect(t.Context(), collector(&said, 3))
	if err != nil || !AllComplete(shards) || len(a.jobs) != 1 || len(said) > 0 {
		t.Errorf("%v, %v, %d jobs, said %q", shards, err, len(a.jobs), said)
	}
	a = &actor{play: a.play}
	f = folder(t, a, 1)
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := collector(&said, 3)
	c.giveUp = time.Nanosecond
	if shards, err = f.Collect(t.Context(), c); err != nil || !AllComplete(shards) || len(a.jobs) != 2 {
		t.Errorf("given up: %v, %v, %d jobs", shards, err, len(a.jobs))
	}
}

// TestKilledIsNotWaitedFor: a shard whose task ended by itself may have a file that is on its way; one that was killed has none.
func TestKilledIsNotWaitedFor(t *testing.T) {
	w := watch{grace: time.Hour, since: map[int]seenPhase{}, repeats: map[int]int{}}
	shards := []Shard{{Index: 0, Phase: Failed}, {Index: 1, Phase: Failed, Killed: true}}
	if lost, pending := w.look(shards, 1); len(lost) > 0 || !pending {
		t.Errorf("after one look %v are lost", lost)
	}
	if lost, pending := w.look(shards, 1); len(lost) != 1 || lost[0].Index != 1 || !pending {
		t.Errorf("after two looks %v are lost, want shard 1", lost)
	}
	for state, killed := range map[string]bool{"CANCELLED by 0": true, "NODE_FAIL": true, "COMPLETED": false, "FAILED": false, "RUNNING": false} {
		if task := slurmTask("1", 0, state, "n1", ""); task.killed != killed {
			t.Errorf("%s: killed %v, want %v", state, task.killed, killed)
		}
	}
}

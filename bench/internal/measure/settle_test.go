package measure

import (
	"testing"
	"time"

	"tunbench/bench/internal/host"
)

// TestAsleep: a device under test is asleep when its threads are at every look and it has hardly run in between. On a full CPU a look finds the
// threads of a program asleep that runs whenever nobody looks.
func TestAsleep(t *testing.T) {
	const every = 50 * time.Millisecond
	for name, test := range map[string]struct {
		activity host.Activity
		uses     time.Duration // between two looks
		asleep   bool
	}{
		"nothing to do":              {host.Sleeping, 0, true},
		"housekeeping":               {host.Sleeping, every / 100, true},
		"runs whenever nobody looks": {host.Sleeping, every / 4, false},
		"works":                      {host.Working, every, false},
		"waits for a CPU of its own": {host.Working, 0, false},
		"stopped by a signal":        {host.Stopped, 0, false},
		"one that used more is gone": {host.Sleeping, -every, true},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Now().Add(-time.Hour)
			w := waiting{begun: now, moved: now, asleep: now}
			ran := time.Second // before the load ended
			for range 20 {
				now, ran = now.Add(every), ran+test.uses
				w.look(now, outstanding{packets: 1}, test.activity, ran)
			}
			if slept := now.Sub(w.asleep) >= sleepLimit; slept != test.asleep {
				t.Errorf("asleep since %v before the last look, want asleep: %t", now.Sub(w.asleep), test.asleep)
			}
		})
	}
}

// TestHolds: what is missing is lost in a program that slept since the last packet came, whatever the last look finds it at.
func TestHolds(t *testing.T) {
	for name, test := range map[string]struct {
		before, last host.Activity
		moved        bool // in between
		holds        bool
	}{
		"works all the time":         {host.Working, host.Working, false, true},
		"looks for packets by turns": {host.Sleeping, host.Working, false, false},
		"sleeps":                     {host.Working, host.Sleeping, false, false},
		"stopped":                    {host.Sleeping, host.Stopped, false, true},
		"went on since it slept":     {host.Sleeping, host.Working, true, true},
	} {
		w := waiting{}
		left := outstanding{packets: 2}
		w.look(time.Now(), left, test.before, 0)
		if test.moved {
			left.packets--
		}
		w.look(time.Now(), left, test.last, 0)
		if got := w.holds(test.last); got != test.holds {
			t.Errorf("%s: %t, want %t", name, got, test.holds)
		}
	}
}

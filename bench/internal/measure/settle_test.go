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

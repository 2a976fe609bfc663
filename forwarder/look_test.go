package forwarder

import (
	"testing"
	"time"
)

// dueRounds returns in which of n rounds the worker looks at its devices.
func dueRounds(l *looks, rings *sharing, n int) (rounds []int) {
	for i := range n {
		if l.due(rings) {
			rounds = append(rounds, i+1)
		}
	}
	return rounds
}

func TestLooks(t *testing.T) {
	inUse := &sharing{inUse: true, sides: []*side{{young: true}}} // young: not ended
	const hour = time.Hour
	for name, c := range map[string]struct {
		looks looks
		rings *sharing
		want  int // looks in 16 rounds
	}{
		"busy":                         {looks{}, &sharing{}, 2},
		"busy after a sleep":           {looks{slept: true}, &sharing{}, 2},
		"idle":                         {looks{idle: true}, &sharing{}, 16},
		"idle after a sleep":           {looks{idle: true, slept: true}, &sharing{}, 15},
		"rings, the gap is not over":   {looks{idle: true, last: time.Now().Add(hour)}, inUse, 0},
		"rings, busy, gap not over":    {looks{last: time.Now().Add(hour)}, inUse, 0},
		"no rings: there is no gap":    {looks{last: time.Now().Add(hour)}, &sharing{}, 2},
		"rings that nobody uses again": {looks{idle: true, last: time.Now().Add(hour)}, &sharing{sides: inUse.sides}, 16},
	} {
		if got := dueRounds(&c.looks, c.rings, 16); len(got) != c.want {
			t.Errorf("%s: looks in rounds %v, want %d", name, got, c.want)
		}
	}
}

// TestLooksWhenTheGapIsOver: a round that comes too soon is made up for by the next that
// does not.
func TestLooksWhenTheGapIsOver(t *testing.T) {
	rings := &sharing{inUse: true, sides: []*side{{young: true}}}
	l := looks{last: time.Now().Add(time.Hour)}
	if got := dueRounds(&l, rings, 20); got != nil {
		t.Fatalf("looks in rounds %v of a gap", got)
	}
	l.last = time.Now().Add(-time.Hour)
	if !l.due(rings) {
		t.Error("does not look when the gap is over")
	}
	if since := time.Since(l.last); since > time.Minute || l.rounds != 0 {
		t.Errorf("looked %v and %d rounds ago", since, l.rounds)
	}
}

package results

import (
	"fmt"
	"slices"
	"strings"
)

// LostLevel is a value of a knob of which trials are not behind the effects, since they failed or have no figure above zero.
type LostLevel struct {
	Knob, Value string
	Trials      int // that were measured to their end, or failed
	Failed      int
	Zero        int // with a figure of 0
	Lacking     int // without a figure
	MoreIsGood  bool
}

// lost is how many trials are missing.
func (l LostLevel) lost() int { return l.Failed + l.Zero + l.Lacking }

// whole says whether nothing of the level is left.
func (l LostLevel) whole() bool { return l.lost() == l.Trials }

// words is "4 of 12 trials at queues=2 brought nothing through".
func (l LostLevel) words() string {
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(l.Failed, "failed")
	if l.MoreIsGood {
		add(l.Zero, "brought nothing through")
	} else {
		add(l.Zero, "had a figure of 0")
	}
	add(l.Lacking, "had no figure")
	return fmt.Sprintf("of %s at %s=%s %s", trialsOf(l.Trials), plain(l.Knob), plain(l.Value), strings.Join(parts, ", "))
}

// lostLevels lists the levels of a sweep's knobs of which trials are lost.
func lostLevels(s Sweep, trials []Trial) []LostLevel {
	var all []LostLevel
	for _, knob := range s.Knobs {
		for _, value := range knob.Values {
			l := LostLevel{Knob: knob.Key, Value: value, MoreIsGood: s.Metric.MoreIsBetter()}
			for _, t := range trials {
				if slices.Contains(s.Scenarios, t.Scenario) && valueOf(splitName(t.Scenario), knob.Key) == value {
					l.add(t, s.Metric)
				}
			}
			if l.lost() > 0 {
				all = append(all, l)
			}
		}
	}
	return all
}

// add counts a trial. One that was interrupted says nothing of its level.
func (l *LostLevel) add(t Trial, m Metric) {
	if t.Interrupted {
		return
	}
	l.Trials++
	switch value, ok := Metrics(t)[m]; {
	case t.Failed():
		l.Failed++
	case !ok:
		l.Lacking++
	case value <= 0:
		l.Zero++
	}
}

// unequal are the lost trials of a knob whose levels have lost more than others: what is left of them may look alike because of it.
func unequal(lost []LostLevel, knob Knob) []LostLevel {
	of := slices.DeleteFunc(slices.Clone(lost), func(l LostLevel) bool { return l.Knob != knob.Key || l.whole() })
	least := 0
	if len(of) == len(knob.Values) {
		least = slices.MinFunc(of, func(a, b LostLevel) int { return a.lost() - b.lost() }).lost()
	}
	return slices.DeleteFunc(of, func(l LostLevel) bool { return l.lost() == least })
}

// lostWarnings says which levels are not among the effects at all.
func (e Effects) lostWarnings() []string {
	var out []string
	for _, l := range e.Lost {
		if l.whole() {
			out = append(out, fmt.Sprintf("%s=%s is not among the effects: %s", plain(l.Knob), plain(l.Value), l.words()))
		}
	}
	return out
}

package analysis

import (
	"slices"

	"tunbench/results"
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

// lostLevels lists the levels of a sweep's knobs of which trials are lost.
func lostLevels(s results.Sweep, trials []results.Trial) []LostLevel {
	var all []LostLevel
	for _, knob := range s.Knobs {
		for _, value := range knob.Values {
			l := LostLevel{Knob: knob.Key, Value: value, MoreIsGood: s.Metric.MoreIsBetter()}
			for _, t := range trials {
				if slices.Contains(s.Scenarios, t.Scenario) && results.ValueOf(results.SettingsOf(t.Scenario), knob.Key) == value {
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
func (l *LostLevel) add(t results.Trial, m results.Metric) {
	if t.Interrupted {
		return
	}
	l.Trials++
	switch value, ok := results.Metrics(t)[m]; {
	case t.Failed():
		l.Failed++
	case !ok:
		l.Lacking++
	case value <= 0:
		l.Zero++
	}
}

// unequal are the lost trials of a knob whose levels have lost more than others: what is left of them may look alike because of it.
func unequal(lost []LostLevel, knob results.Knob) []LostLevel {
	of := slices.DeleteFunc(slices.Clone(lost), func(l LostLevel) bool { return l.Knob != knob.Key || l.whole() })
	least := 0
	if len(of) == len(knob.Values) {
		least = slices.MinFunc(of, func(a, b LostLevel) int { return a.lost() - b.lost() }).lost()
	}
	return slices.DeleteFunc(of, func(l LostLevel) bool { return l.lost() == least })
}

// knobOf is the knob of a key.
func knobOf(s results.Sweep, key string) results.Knob {
	return s.Knobs[slices.IndexFunc(s.Knobs, func(k results.Knob) bool { return k.Key == key })]
}

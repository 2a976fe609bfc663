package analysis

import (
	"cmp"
	"slices"

	"tunbench/results"
)

// Effects says which knobs of a sweep mattered: the factorial model of the logarithm of a metric, with rounds as blocks.
//
// The model is fitted by least squares, main effects by the additive model (without interactions). Where every cell has as many trials, that
// is the classical analysis of variance of a randomized complete block design, and effects are ratios of geometric means. Otherwise, as in a
// pairwise design, each effect is that of the knob with all others held, and shares of the variance are those that a balanced design would have
// with the same effects. Interactions are those of two knobs, and only those that the data can tell
// from all others. Intervals are Student's t on the variance between rounds, cells and rounds taken out, each at 95 %, Bonferroni-adjusted over
// the pairs of levels that it was chosen from. See Box, Hunter and Hunter, Statistics for Experimenters (2005), chapters 4 and 5.
type Effects struct {
	Metric results.Metric
	Ranked []Effect // by the share that they explain, the largest first

	Balanced   bool     // every combination of levels has one trial in each round
	NoiseDF    int      // degrees of freedom of the variance between rounds; 0: there are no intervals
	NoiseShare float64  // of the variance: what differs between the rounds of a cell
	RestShare  float64  // what is left: interactions of more than two knobs, and those that cannot be told
	Confused   []string // knobs whose effect cannot be told from that of others
	Untold     int      // interactions of two knobs that cannot be told from other effects

	// For [SweepWarnings].
	rounds  int            // with a trial
	drift   *results.Drift // of the metric within a round, its cell's mean taken out; nil where it is not worth a word
	leftOut int            // trials whose metric is absent or not above zero: they have no logarithm
	lost    []LostLevel    // levels of which trials are not behind the effects
}

// Effect is the effect of one knob on the metric, or the interaction of two knobs. Its ratios are 1 where there is none.
type Effect struct {
	Knobs  []string    // one, or two
	Share  float64     // of the variance within rounds, 0 to 1
	Ratio  float64     // see Most and Least; at least 1
	Range  *Interval   // of Ratio; nil where there are too few rounds
	Levels []Level     // of one knob
	Lost   []LostLevel // of one knob: levels that lost more of their trials than others did

	variance float64 // over its levels, each as often as any other
	// Most and Least are the levels, by knob, that the ratio is one of: the metric at Most[0] over that at Least[0]. Of two knobs it is such a
	// ratio of the first knob's levels at Most[1] over the same ratio at Least[1].
	Most, Least []string
}

// Interval is the confidence interval of an [Effect].
type Interval struct{ Low, High float64 }

// Level is one value of a knob and what it does to the metric.
type Level struct {
	Value string
	Ratio float64 // of its geometric mean to that of all levels
}

// sure is how far from 1 a ratio is that is not mere rounding.
const sure = 1e-9

// Seen says whether the effect is there for all that noise can do.
func (e Effect) Seen() bool { return e.Range != nil && e.Range.Low > 1+sure }

// EffectsOf computes the effects of a sweep's knobs from its trials. Trials that failed or were interrupted are left out. ok is false if
// there are no two trials that differ in a knob.
func EffectsOf(s results.Sweep, trials []results.Trial) (e Effects, ok bool) {
	samples, leftOut := samplesOf(s, trials)
	e = Effects{Metric: s.Metric, leftOut: leftOut, lost: lostLevels(s, trials)}
	d := newDesign(s, samples)
	if len(d.mains) == 0 {
		return e, false
	}
	e.Balanced, e.rounds, e.NoiseDF = d.balanced(), len(d.rounds), d.noise.df
	if drift, ok := d.noise.drift(s.Metric, samples); ok && notable(drift) {
		e.drift = &drift
	}
	d.addMains(&e)
	d.addInteractions(&e)
	d.addShares(&e)
	for i, effect := range e.Ranked {
		if len(effect.Knobs) == 1 {
			e.Ranked[i].Lost = unequal(e.lost, knobOf(s, effect.Knobs[0]))
		}
	}
	slices.SortStableFunc(e.Ranked, func(a, b Effect) int { return cmp.Compare(b.Share, a.Share) })
	return e, true
}

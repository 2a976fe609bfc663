package analysis

import (
	"math"
	"slices"

	"github.com/montanaflynn/stats"

	"tunbench/results"
)

// round is the trials of both arms in one round.
type round struct {
	number        int // from 0
	a, b, control []results.Trial
}

// roundsIn is the rounds of a series in their order, but for those that an interruption left without an arm or with part of a trial.
func roundsIn(trials []results.Trial) []round {
	var rounds []*round
	byNumber := map[int]*round{}
	cutOff := map[int]bool{}
	for _, t := range trials {
		r := byNumber[t.Round]
		if r == nil {
			r = &round{number: t.Round}
			byNumber[t.Round], rounds = r, append(rounds, r)
		}
		switch t.Arm {
		case results.ArmA:
			r.a = append(r.a, t)
		case results.ArmB:
			r.b = append(r.b, t)
		case results.ArmControl:
			r.control = append(r.control, t)
		}
		cutOff[t.Round] = cutOff[t.Round] || t.Interrupted
	}
	var whole []round
	for _, r := range rounds {
		if !cutOff[r.number] && len(r.a) > 0 && len(r.b) > 0 {
			whole = append(whole, *r)
		}
	}
	return whole
}

// baseline is the trials of A and of the control, which are the same.
func (r round) baseline() []results.Trial { return slices.Concat(r.a, r.control) }

// wholeRounds is the rounds that all arms came through, in their order.
func wholeRounds(trials []results.Trial) []round {
	return slices.DeleteFunc(roundsIn(trials), func(r round) bool {
		return slices.ContainsFunc(slices.Concat(r.baseline(), r.b), results.Trial.Failed)
	})
}

// standingOf is what an arm's trials of one round have of a metric.
func standingOf(trials []results.Trial, m results.Metric) Standing {
	s := SideHas
	for _, t := range trials {
		value, ok := results.Metrics(t)[m]
		switch {
		case t.Failed():
			return SideFails
		case !ok:
			s = SideLacks
		case s == SideHas && (value <= 0 || deadWay(t, m)):
			s = SideZero
		}
	}
	return s
}

// deadWay says whether one of two directions brought nothing through, which the sum of both would hide.
func deadWay(t results.Trial, m results.Metric) bool {
	return m.MoreIsBetter() && slices.ContainsFunc(t.Directions, func(d results.Direction) bool {
		value, ok := results.Metrics(results.Trial{Traffic: d.Traffic})[m]
		return ok && value <= 0
	})
}

// standoff is a round without a ratio, and what the arms had instead.
type standoff struct {
	round int
	a, b  Standing
}

// tally is what the rounds of a series give for one metric.
type tally struct {
	logs, control []float64  // logarithms of B to A, and of A to itself, round by round
	ratios        []float64  // those of logs in which both arms had a figure in every trial
	nothing       []standoff // rounds, among those of logs, in which B had nothing where A had something
	unmeasured    []standoff // rounds without a ratio
	unsteady      bool       // A itself had nothing in a round
	applies       bool       // an arm has the metric in some round
}

// logNothing stands for the logarithm of no ratio at all: so far below any other that its mean with one is the logarithm of 0 too.
const logNothing = -1e6

// tallyOf goes through the rounds of a metric.
func tallyOf(rounds []round, m results.Metric) (t tally) {
	var neither []standoff
	for _, r := range rounds {
		g := standoff{r.number, standingOf(r.baseline(), m), standingOf(r.b, m)}
		t.unsteady = t.unsteady || g.a == SideZero
		switch roundOutcome(m, g.a, g.b) {
		case outcomeCompared:
			t.add(r, m)
			t.ratios = append(t.ratios, t.logs[len(t.logs)-1])
		case outcomeNothing:
			t.add(r, m)
			t.nothing = append(t.nothing, g)
		case outcomeNeither:
			neither = append(neither, g)
			continue
		default:
			if g.a == SideFails || g.b == SideFails {
				continue // said of the series as a whole, see judge
			}
			t.unmeasured = append(t.unmeasured, g)
		}
		t.applies = true
	}
	if t.applies {
		t.unmeasured = append(t.unmeasured, neither...)
		slices.SortFunc(t.unmeasured, func(a, b standoff) int { return a.round - b.round })
	}
	return t
}

// add takes in the ratio of a round whose baseline has a figure.
func (t *tally) add(r round, m results.Metric) {
	log := logNothing
	if b := meanOf(r.b, m); b > 0 {
		log = math.Log(b / meanOf(r.baseline(), m))
	}
	t.logs = append(t.logs, log)
	if len(r.control) > 0 {
		t.control = append(t.control, math.Log(meanOf(r.control, m)/meanOf(r.a, m)))
	}
}

// meanOf is an arm's figure in one round; every trial has it.
func meanOf(trials []results.Trial, m results.Metric) float64 {
	values := make([]float64, len(trials))
	for i, t := range trials {
		values[i] = results.Metrics(t)[m]
	}
	mean, err := stats.Mean(values)
	if err != nil {
		return 0 // no trials
	}
	return mean
}

// warnings names the rounds without a ratio, and those in which B had nothing.
func (t tally) warnings() []Warning {
	var out []Warning
	if len(t.nothing) > 0 {
		out = append(out, RoundsNothing{roundsOfAll(t.nothing)})
	}
	for _, pair := range pairsOf(t.unmeasured) {
		out = append(out, RoundsWithoutRatio{roundsOfAll(pair), pair[0].a, pair[0].b})
	}
	return out
}

// pairsOf gathers gaps of the same kind, in the order in which these come first.
func pairsOf(gaps []standoff) [][]standoff {
	var pairs [][]standoff
	for _, g := range gaps {
		i := slices.IndexFunc(pairs, func(p []standoff) bool { return p[0].a == g.a && p[0].b == g.b })
		if i < 0 {
			i, pairs = len(pairs), append(pairs, nil)
		}
		pairs[i] = append(pairs[i], g)
	}
	return pairs
}

func roundsOfAll(gaps []standoff) []int {
	rounds := make([]int, len(gaps))
	for i, g := range gaps {
		rounds[i] = g.round
	}
	return rounds
}

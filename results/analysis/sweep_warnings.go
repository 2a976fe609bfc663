package analysis

import (
	"time"

	"tunbench/results"
)

// minRounds is the least number of rounds whose spread deserves trust.
const minRounds = 3

// CombinationsDropped counts the combinations of values that a sweep left out because they break a rule between keys.
type CombinationsDropped struct {
	Combinations int
	Reason       string // the first such rule
}

// SeveralSittings says that a sweep was measured in several sittings, between which the machine may have changed.
type SeveralSittings struct {
	Sittings    int
	First, Last time.Time // when they began
}

// TrialsMissing says how many trials of the design of a sweep were not measured.
type TrialsMissing struct{ Missing, Of int }

// NoLogarithm counts the trials that the effects leave out because their metric is absent or not above zero.
type NoLogarithm struct {
	Metric results.Metric
	Trials int
}

// LevelGone says that the effects have no trial with this value of a knob.
type LevelGone struct{ LostLevel }

// NoIntervals says that a sweep has too few rounds for the interval of an effect.
type NoIntervals struct{}

// FewRounds says that the intervals of the effects rest on fewer rounds than they should.
type FewRounds struct{ Rounds, Least int }

// RoundsDrifted says that the metric changed steadily within the rounds of a sweep.
type RoundsDrifted struct{ results.Drift }

// SweepWarnings says what of a sweep was not measured, in all its sittings, and what makes its effects doubtful.
func SweepWarnings(sittings []results.Sweep, trials []results.Trial, e Effects) []Warning {
	s := sittings[0]
	var out []Warning
	if s.Dropped > 0 {
		out = append(out, CombinationsDropped{s.Dropped, s.DroppedReason})
	}
	if n := len(sittings); n > 1 {
		out = append(out, SeveralSittings{n, s.Start, sittings[n-1].Start})
	}
	if missing, all := missingTrials(s, trials), len(s.Scenarios)*s.Rounds; missing > 0 {
		out = append(out, TrialsMissing{missing, all})
	}
	if e.leftOut > 0 {
		out = append(out, NoLogarithm{s.Metric, e.leftOut})
	}
	for _, l := range e.lost {
		if l.whole() {
			out = append(out, LevelGone{l})
		}
	}
	switch {
	case e.NoiseDF == 0:
		out = append(out, NoIntervals{})
	case e.rounds < minRounds:
		out = append(out, FewRounds{e.rounds, minRounds})
	}
	if e.drift != nil {
		out = append(out, RoundsDrifted{*e.drift})
	}
	return out
}

// missingTrials is how many cells and rounds have no usable trial.
func missingTrials(s results.Sweep, trials []results.Trial) (missing int) {
	measured := Measured(trials)
	for _, scenario := range s.Scenarios {
		for round := range s.Rounds {
			if !measured(scenario, round) {
				missing++
			}
		}
	}
	return missing
}

// Measured returns a function that tells whether a cell of a sweep has a usable trial in a round.
func Measured(trials []results.Trial) func(scenario string, round int) bool {
	type place struct {
		scenario string
		round    int
	}
	done := map[place]bool{}
	for _, t := range trials {
		if t.Usable() {
			done[place{t.Scenario, t.Round}] = true
		}
	}
	return func(scenario string, round int) bool { return done[place{scenario, round}] }
}

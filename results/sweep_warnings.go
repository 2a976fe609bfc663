package results

import (
	"fmt"
	"time"
)

// minRounds is the least number of rounds whose spread deserves trust.
const minRounds = 3

// sweepWarnings says what of the design was not measured, and what makes the effects doubtful.
func sweepWarnings(sittings []Sweep, trials []Trial, e Effects) []string {
	s := sittings[0]
	var out []string
	if s.Dropped > 0 {
		out = append(out, fmt.Sprintf("%s left out, such as %s", Count(s.Dropped, "combination"), plain(s.DroppedReason)))
	}
	if len(sittings) > 1 {
		out = append(out, fmt.Sprintf("measured in %d sittings, from %s to %s: the machine may have changed between them",
			len(sittings), clock(s.Start), clock(sittings[len(sittings)-1].Start)))
	}
	if missing, all := missingTrials(s, trials), len(s.Scenarios)*s.Rounds; missing > 0 {
		out = append(out, fmt.Sprintf("%d of %s are missing: the effects are those of the others", missing, trialsOf(all)))
	}
	if e.LeftOut > 0 {
		out = append(out, fmt.Sprintf("%s without %s above zero, which has no logarithm, left out of the effects", trialsOf(e.LeftOut), plain(string(s.Metric))))
	}
	out = append(out, e.lostWarnings()...)
	switch {
	case e.NoiseDF == 0:
		out = append(out, "too few rounds for an interval: every effect may be chance; measure 3 rounds or more")
	case e.Rounds < minRounds:
		out = append(out, fmt.Sprintf("%s: intervals rest on little; measure %d or more", Count(e.Rounds, "round"), minRounds))
	}
	if e.Drift != nil {
		out = append(out, fmt.Sprintf("%s drifted by %s %% within a round: the random order spreads that over all knobs, as noise",
			plain(string(s.Metric)), signed(e.Drift.ChangeRatio, percent)))
	}
	return out
}

func clock(t time.Time) string { return t.UTC().Format(time.DateTime) }

// missingTrials is how many cells and rounds have no usable trial.
func missingTrials(s Sweep, trials []Trial) (missing int) {
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

package analysis

import (
	"encoding/json"
	"fmt"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// allStandings are those of one side.
var allStandings = []Standing{SideHas, SideZero, SideLacks, SideFails}

// bothDirections is a metric of which more is better, and one of which less is.
var bothDirections = []results.Metric{results.MetricForwarded, results.MetricDUTCost}

// standingTrial is a trial that has what the Standing says of the metric, and nothing else.
func standingTrial(s Standing, m results.Metric, round int, arm string) results.Trial {
	t := results.Trial{Scenario: fixture.ScenarioA, Round: round, Arm: arm, Start: fixture.Start}
	value := 1000 + float64(round%3)
	if s == SideZero {
		value = 0
	}
	if s == SideFails {
		t.Error = "the device under test ended"
	}
	if s == SideHas || s == SideZero {
		if m == results.MetricForwarded {
			t.ForwardedPps = &value
		} else {
			t.CPU = &results.CPU{DUTNsPerPacket: &value}
		}
	}
	return t
}

// seriesWith is twelve rounds, ABBA each, of which every n-th is of the cell: one of B's trials, or of A's, is as the Standing says. In the
// others both arms have figures.
func seriesWith(a, b Standing, m results.Metric, every int) []results.Trial {
	var trials []results.Trial
	for round := range 12 {
		one, other := SideHas, SideHas
		if round%every == 0 {
			one, other = a, b
		}
		trials = append(trials,
			standingTrial(one, m, round, results.ArmA), standingTrial(other, m, round, results.ArmB),
			standingTrial(SideHas, m, round, results.ArmB), standingTrial(SideHas, m, round, results.ArmA))
		if every == 1 { // and both trials of an arm are alike
			trials[len(trials)-2], trials[len(trials)-1] = standingTrial(other, m, round, results.ArmB), standingTrial(one, m, round, results.ArmA)
		}
	}
	return trials
}

// ruled is what the rules of a comparison make of a cell, one after the other; files says that it is of two files, not of a round.
func ruled(a, b Standing, more, files bool) outcome {
	nothingIsAFigure := files && !more // one that never lost a packet is a good one
	switch {
	case a == SideFails: // nobody can tell by what is left
		return outcomeUnmeasured
	case b == SideFails: // where A does not
		return outcomeFailed
	case a == SideLacks && (b == SideLacks || files): // what only the new file has is no loss to anybody
		return outcomeNeither
	case a == SideLacks || b == SideLacks:
		return outcomeUnmeasured
	case b == SideZero && nothingIsAFigure:
		return outcomeCompared
	case a == SideHas && b == SideZero && more:
		return outcomeNothing
	case b == SideZero:
		return outcomeUnmeasured
	case a == SideZero && !files: // no ratio to nothing; files are compared by ranks
		return outcomeUnmeasured
	}
	return outcomeCompared
}

// TestOutcomesFollowRules: each of the 64 cells.
func TestOutcomesFollowRules(t *testing.T) {
	for _, m := range bothDirections {
		for _, a := range allStandings {
			for _, b := range allStandings {
				if got, want := roundOutcome(m, a, b), ruled(a, b, m.MoreIsBetter(), false); got != want {
					t.Errorf("a round in which A is %d and B %d in %s: %d, want %d", a, b, m, got, want)
				}
				if got, want := fileOutcome(m, a, b), ruled(a, b, m.MoreIsBetter(), true); got != want {
					t.Errorf("files of which the old one is %d and the new one %d in %s: %d, want %d", a, b, m, got, want)
				}
			}
		}
	}
}

// TestEveryCellOfARound: what a series comes to in which some rounds, or all, are of a cell of the table.
func TestEveryCellOfARound(t *testing.T) {
	want := map[outcome]results.Verdict{
		outcomeCompared: results.VerdictSame, outcomeNothing: results.VerdictWorse, outcomeUnmeasured: results.VerdictInconclusive,
		outcomeFailed: results.VerdictInconclusive, outcomeNeither: results.VerdictInconclusive,
	}
	for _, m := range bothDirections {
		for _, a := range allStandings {
			for _, b := range allStandings {
				for _, every := range []int{1, 3, 12} {
					cell := roundOutcome(m, a, b)
					t.Run(fmt.Sprintf("%s/%d against %d/every %d", m, b, a, every), func(t *testing.T) {
						got, err := Compare(seriesWith(a, b, m, every), CompareOptions{})
						if err != nil {
							t.Fatal(err)
						}
						if every == 1 && (cell == outcomeNeither || a == SideFails || b == SideFails) {
							if len(got) != 0 {
								t.Fatalf("%+v of nothing", got)
							}
							return
						}
						if len(got) != 1 || got[0].Verdict != want[cell] {
							t.Fatalf("%+v, want %s", got, want[cell])
						}
						checkCell(t, got[0], cell, 12/every)
					})
				}
			}
		}
	}
}

// checkCell holds a comparison against the outcome of some of its twelve rounds: what is left out is counted and named, and nothing that was
// left out passes.
func checkCell(t *testing.T, c ArmComparison, cell outcome, rounds int) {
	t.Helper()
	nothing, unmeasured := 0, 0
	switch cell {
	case outcomeNothing:
		nothing = rounds
	case outcomeUnmeasured, outcomeNeither:
		unmeasured = rounds
	}
	failed := c.Rounds+c.UnmeasuredRounds < 12
	if failed {
		unmeasured = 0
	}
	if c.NothingRounds != nothing || c.UnmeasuredRounds != unmeasured {
		t.Errorf("%d rounds with nothing and %d without a ratio, want %d and %d", c.NothingRounds, c.UnmeasuredRounds, nothing, unmeasured)
	}
	named := warns(c.Odd, RoundsNothing{}) || warns(c.Odd, RoundsWithoutRatio{})
	if named != (nothing+unmeasured > 0) {
		t.Errorf("warnings %+v", c.Odd)
	}
	if good := cell == outcomeCompared; !failed && (NotWorse(c.Comparison) != good || c.NothingRounds+c.UnmeasuredRounds == 0 != good) {
		t.Errorf("not worse %v of %+v", NotWorse(c.Comparison), c)
	}
	line, err := results.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	if _, has := fields["ratio"]; has != (c.Rounds > 0) {
		t.Errorf("of %d rounds with a ratio: %s", c.Rounds, line)
	}
}

// TestNothingThroughIsWorse: H1 of a gate, by its figures. In every third round, or in all, B forwards nothing.
func TestNothingThroughIsWorse(t *testing.T) {
	for _, every := range []int{1, 3} {
		var trials []results.Trial
		for round := range 12 {
			pps, lost := 20000.0, 0.0
			if round%every == 0 {
				pps, lost = 0, 1
			}
			a, b := fixture.ArmTrial(round, results.ArmA, 20000), fixture.ArmTrial(round, results.ArmB, pps)
			a.LossRatio, b.LossRatio = new(0.0), &lost
			trials = append(trials, a, b)
		}
		got, err := Compare(trials, CompareOptions{})
		if err != nil || len(got) != 2 {
			t.Fatal(got, err)
		}
		for _, c := range got {
			if c.Verdict != results.VerdictWorse || c.Rounds != 12 || c.NothingRounds != 12/every || NotWorse(c.Comparison) || c.Ratio != 0 || c.Low != 0 {
				t.Errorf("every %d: %+v", every, c)
			}
		}
		if NarrowEnough(bareOf(got)) != (every == 1) {
			t.Errorf("every %d: narrow enough %v", every, NarrowEnough(bareOf(got)))
		}
	}
}

// TestNothingIsWorseInSpiteOfNoise: a control that moved explains a change, not that nothing comes through.
func TestNothingIsWorseInSpiteOfNoise(t *testing.T) {
	moved := fixture.RatiosAround(20, 1.1, 0.01)
	dead := fixture.SeriesOfRatios(make([]float64, 20), moved)
	got, err := Compare(dead, CompareOptions{})
	if err != nil || len(got) != 1 || got[0].Verdict != results.VerdictWorse {
		t.Errorf("%+v, %v", got, err)
	}
	// A baseline that itself brings nothing through now and then is no measure for it.
	both := fixture.SeriesOfRatios(fixture.RatiosAround(20, 1, 0.01), nil)
	*both[0].ForwardedPps, *both[5].ForwardedPps = 0, 0
	if got, err = Compare(both, CompareOptions{}); err != nil || len(got) != 1 || got[0].Verdict != results.VerdictInconclusive {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestOneDirectionIsDead: the sum of both directions would hide that nothing comes through in one of them.
func TestOneDirectionIsDead(t *testing.T) {
	const both = "dir=bi/dut=forwarder/size=64"
	bi := func(round int, arm string, back float64) results.Trial {
		way := func(name results.DirectionName, pps float64) results.Direction {
			return results.Direction{Direction: name, Traffic: results.Traffic{ForwardedPps: &pps}}
		}
		return results.Trial{
			Scenario: both, Round: round, Arm: arm, Start: fixture.Start, Traffic: results.Traffic{ForwardedPps: new(1e6 + back)},
			Directions: []results.Direction{way(results.AToB, 1e6), way(results.BToA, back)},
		}
	}
	var trials, before, after []results.Trial
	for round := range 12 {
		back := 1e4 // so little that the sum is the same without it
		if round == 5 {
			back = 0
		}
		trials = append(trials, bi(round, results.ArmA, 1e4), bi(round, results.ArmB, back))
		before, after = append(before, bi(round, "", 1e4)), append(after, bi(round, "", back))
	}
	got, err := Compare(trials, CompareOptions{})
	if err != nil || len(got) != 1 || got[0].Verdict != results.VerdictWorse || got[0].NothingRounds != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	c, err := CompareFiles(fixture.FileOfTrials(before), fixture.FileOfTrials(after), 0.05)
	if err != nil || c.Verdict() != results.VerdictWorse || c.Rows[0].NothingTrials != 1 {
		t.Errorf("%v of %+v", err, c.Rows)
	}
}

package analysis

import "tunbench/results"

// Standing says what figures one side of a comparison has in a metric. A side is an arm in one round, or a file.
type Standing int

const (
	SideHas   Standing = iota // a figure above zero in every trial
	SideZero                  // a figure in every trial, and that of at least one is 0, in one of its directions
	SideLacks                 // an arm: no figure in at least one trial; a file: in none of its trials
	SideFails                 // an arm, and the new file: a trial ended in an error; the old file: all did, or some did and some of the new one
	standings                 // how many there are
)

// outcome is what the two sides make of a metric.
type outcome int

const (
	outcomeCompared   outcome = iota // the figures are compared, and statistics come to the verdict
	outcomeNothing                   // nothing where there was something: B is worse, whatever else was measured
	outcomeUnmeasured                // no ratio: named, and no verdict is better than inconclusive
	outcomeFailed                    // B fails where A does not: likewise, and the command fails
	outcomeNeither                   // the metric does not apply to either: nothing is said of it
)

// outcomes is the outcome by the standing of A, the baseline or the old file, and that of B, the candidate or the new one.
type outcomes [standings][standings]outcome

// The whole of it. A round needs a ratio, which zero does not have; between files the test is one of ranks, which zero has. Of what is brought
// through (more is better) nothing at all is the worst there is. Of times and costs (less is better) a round of 0 is no measurement, but a
// file that never lost a packet is a good one. What only a new file has is no loss to anybody; an arm that lacks what the other has was not
// measured.
//
// What each command makes of an outcome:
//
//	outcome      verdict                 ab               gate                               compare
//	nothing      worse                   exit 3           exit 3, without a second series    exit 3
//	failed       inconclusive            exit 1           exit 1                             exit 1
//	compared     what statistics show    exit 0           3 if worse twice, 4 if undecided   3 if a row is worse
//	unmeasured   inconclusive at best    exit 4           exit 4 where it is required        exit 4
//	neither      none                    exit 4 if all    exit 4 if nothing required is left exit 4 if all
//
// Of several the exit code is the first of 3, 1, 4 and 0; a series of ab or gate ends with the first trial that fails. A trial of A that fails
// is exit 1 of ab, which was asked for nothing else, and exit 4 of gate and compare, which judge B. An undecided row of compare is exit 4 if its
// whole interval lies beyond the margin, or if it has too few trials for an interval; so is a scenario that only the old file has. A sweep gives no verdict: levels and trials without a figure above zero are named, and the effects
// are said to be those of the others. A search has no second side: a trial in which no packet was due ends it with an error.
var (
	roundsMore = outcomes{
		SideHas:   {outcomeCompared, outcomeNothing, outcomeUnmeasured, outcomeFailed},
		SideZero:  {outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured, outcomeFailed},
		SideLacks: {outcomeUnmeasured, outcomeUnmeasured, outcomeNeither, outcomeFailed},
		SideFails: {outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured},
	}
	roundsLess = outcomes{
		SideHas:   {outcomeCompared, outcomeUnmeasured, outcomeUnmeasured, outcomeFailed},
		SideZero:  {outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured, outcomeFailed},
		SideLacks: {outcomeUnmeasured, outcomeUnmeasured, outcomeNeither, outcomeFailed},
		SideFails: {outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured},
	}
	filesMore = outcomes{
		SideHas:   {outcomeCompared, outcomeNothing, outcomeUnmeasured, outcomeFailed},
		SideZero:  {outcomeCompared, outcomeUnmeasured, outcomeUnmeasured, outcomeFailed},
		SideLacks: {outcomeNeither, outcomeNeither, outcomeNeither, outcomeFailed},
		SideFails: {outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured},
	}
	filesLess = outcomes{
		SideHas:   {outcomeCompared, outcomeCompared, outcomeUnmeasured, outcomeFailed},
		SideZero:  {outcomeCompared, outcomeCompared, outcomeUnmeasured, outcomeFailed},
		SideLacks: {outcomeNeither, outcomeNeither, outcomeNeither, outcomeFailed},
		SideFails: {outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured, outcomeUnmeasured},
	}
)

// roundOutcome is what a round makes of a metric.
func roundOutcome(m results.Metric, a, b Standing) outcome {
	if m.MoreIsBetter() {
		return roundsMore[a][b]
	}
	return roundsLess[a][b]
}

// fileOutcome is what two files make of a metric of a scenario.
func fileOutcome(m results.Metric, before, after Standing) outcome {
	if m.MoreIsBetter() {
		return filesMore[before][after]
	}
	return filesLess[before][after]
}

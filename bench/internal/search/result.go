package search

import "time"

// Why a goal's result is irregular ([GoalResult.Reason]).
const (
	ReasonLossAtMinLoad   = "loss at the minimum load"
	ReasonNoLossAtMaxLoad = "no loss at the maximum load"
	ReasonTrialLimit      = "trial limit reached"
	ReasonTimeLimit       = "time limit reached"
	ReasonMeasurerFailed  = "a trial failed"
	ReasonInterrupted     = "interrupted"
)

// Result is the Controller Output (RFC 9971, section 4.8.6).
//
// The test report made of it MUST show
//
//   - the units of all quantities (section 4.3): here loads are packets per second,
//     ratios and widths are numbers from 0 to 1;
//   - every way in which a trial deviates from RFC 2544, such as shorter waits (4.4.3);
//   - how traffic that is not constant reacts to the load, and whether a load is per
//     interface or for all together, with the factor between them (4.5.2);
//   - the properties of the traffic: both directions, meshed, modifiers, a mix of IP
//     versions (4.5.4), and how lost packets are counted if not against those intended
//     (4.5.5);
//   - how effective durations are computed if they are not the intended ones (4.5.8);
//   - which quantity the width is (4.6.5): (upper - lower) / upper, see [Goal.Width];
//   - an entry for every goal (4.8.5), with the lower bound of a regular one (4.8.4.1),
//     and the values of an irregular one marked as such (4.8.4.2);
//   - all attributes of every goal, even those left at their defaults, and the whole
//     configuration of the system under test (4.9.3).
//
// It should show the upper bound and the conditional throughput too (4.8.4.1, 4.8.3).
type Result struct {
	Goals   []GoalResult  // in the order of Config.Goals
	Trials  int           // made, the warm-up not counted
	Elapsed time.Duration // the sum of their effective durations
}

// GoalResult is what was found for one goal (section 4.8.4). What was not found is nil;
// of an irregular result the rest is as far as the search came.
type GoalResult struct {
	Goal Goal

	// LowerBound and UpperBound are loads in packets per second: the relevant bounds.
	// Without an upper bound, the lower one is the highest load that met the goal.
	LowerBound, UpperBound *float64
	// ConditionalThroughput is the forwarding rate to be expected at LowerBound, in
	// packets per second.
	ConditionalThroughput *float64

	// Regular says that both bounds exist and are within the goal's width.
	Regular bool
	// Reason says why the result is irregular, one of the Reason constants; else empty.
	Reason string
}

// goalResult classifies by the goal itself; stopped is why the search ended early, or empty.
func goalResult(c *Config, j *journal, g Goal, stopped string) GoalResult {
	known := j.bounds(g)
	r := GoalResult{Goal: g}
	r.LowerBound, r.UpperBound = known.pointers()
	if r.LowerBound != nil {
		ct := conditionalThroughput(g, known.lower, j.trials[known.lower])
		r.ConditionalThroughput = &ct
	}
	switch {
	case known.upper <= c.MinLoad:
		r.Reason = ReasonLossAtMinLoad
	case known.lower >= c.MaxLoad:
		r.Reason = ReasonNoLossAtMaxLoad
	case known.width() <= g.Width:
		r.Regular = true
	default:
		r.Reason = stopped
	}
	return r
}

package gate

import (
	"context"
	"fmt"

	"tunbench/results"
)

// DefaultRounds of a series: with the scenarios of the preset ci they take about four minutes.
const DefaultRounds = 20

// Series is one comparison of both programs as it was measured.
type Series struct {
	Comparisons []results.Comparison
	Trials      []results.Trial
	Failure     string // the trial that failed and so ended it; "" if none did
	FailedArm   string // that it was of
}

// Gate is what is to be measured and decided.
type Gate struct {
	Scenarios  []string // names
	Thresholds Thresholds

	// Measure compares the programs in one scenario, by its place among Scenarios. An error ends everything; that a trial failed is not one.
	Measure func(ctx context.Context, scenario int, label string) (Series, error)
}

// Run measures every scenario, then those again in which a required metric was worse: late, so that what disturbed the first series is over.
// On an error the report has what was measured before.
func (g Gate) Run(ctx context.Context) (Report, error) {
	r := Report{Confidence: g.Thresholds.Confidence}
	for i, name := range g.Scenarios {
		series, err := g.Measure(ctx, i, fmt.Sprintf("scenario %d of %d", i+1, len(g.Scenarios)))
		if err != nil {
			return r, err
		}
		r.Scenarios = append(r.Scenarios, Scenario{Name: name, Series: []Series{series}})
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		if !g.Thresholds.needsConfirmation(s.Series[0]) {
			continue
		}
		second, err := g.Measure(ctx, i, fmt.Sprintf("scenario %d of %d once more", i+1, len(g.Scenarios)))
		if err != nil {
			return r, err
		}
		s.Series = append(s.Series, second)
	}
	for i := range r.Scenarios {
		r.Scenarios[i].Findings = g.Thresholds.decide(r.Scenarios[i].Series)
	}
	r.Unmeasured = r.without(g.Thresholds.named())
	return r, nil
}

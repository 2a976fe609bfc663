package analysis

import (
	"fmt"
	"slices"

	"tunbench/results"
)

// Pairing is two scenarios of a run under the same load, whose trials of one round are a pair: B with A.
type Pairing struct {
	A, B        string          // scenarios
	Comparisons []ArmComparison // without what is odd about the rounds
}

// Comparison is the one in a metric, nil if there is none.
func (p Pairing) Comparison(m results.Metric) *ArmComparison {
	i := slices.IndexFunc(p.Comparisons, func(c ArmComparison) bool { return c.Metric == m })
	if i < 0 {
		return nil
	}
	return &p.Comparisons[i]
}

// Against compares the scenarios of a run that have the given settings with every other one under the same load: B is one that has them, A one that
// has not. Pairs stand in the order of B, then of A, as they were first measured. Trials of arms are left out.
func Against(trials []results.Trial, base []results.Setting) ([]Pairing, error) {
	by, order := byScenario(trials)
	has := func(scenario string) bool {
		whole := results.WholeSettingsOf(scenario)
		return !slices.ContainsFunc(base, func(s results.Setting) bool { return !slices.Contains(whole, s) })
	}
	var all []Pairing
	for _, b := range order {
		if !has(b) {
			continue
		}
		for _, a := range order {
			if has(a) || !sameLoad(b, a) {
				continue
			}
			compared, err := compareSeries(pairOf(by, a, b), CompareOptions{plain: true})
			if err != nil {
				return nil, fmt.Errorf("compare %s with %s: %w", b, a, err)
			}
			all = append(all, Pairing{a, b, compared})
		}
	}
	return all, nil
}

// byScenario groups the trials that are of no arm by their scenario, and lists the scenarios as they came.
func byScenario(trials []results.Trial) (by map[string][]results.Trial, order []string) {
	by = map[string][]results.Trial{}
	for _, t := range trials {
		if t.Arm != "" {
			continue
		}
		if by[t.Scenario] == nil {
			order = append(order, t.Scenario)
		}
		by[t.Scenario] = append(by[t.Scenario], t)
	}
	return by, order
}

// pairOf makes a series of two scenarios: a is arm A, b is arm B.
func pairOf(by map[string][]results.Trial, a, b string) []results.Trial {
	return slices.Concat(inArm(by[a], results.ArmA), inArm(by[b], results.ArmB))
}

func inArm(trials []results.Trial, arm string) []results.Trial {
	out := slices.Clone(trials)
	for i := range out {
		out[i].Arm = arm
	}
	return out
}

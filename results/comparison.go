package results

import "github.com/montanaflynn/stats"

// The arms of a comparison, as trials name them.
const (
	ArmA = "A"
	ArmB = "B"
)

// Comparison is how arm A did against arm B in one metric, measured in turns: the ratio of A's figure to B's, round by round.
type Comparison struct {
	ScenarioA string  `json:"scenario_a"` // canonical names
	ScenarioB string  `json:"scenario_b"`
	Metric    Metric  `json:"metric"`
	Ratio     float64 `json:"ratio"`  // median of the rounds' ratios
	Low       float64 `json:"low"`    // the smallest ratio of a round
	High      float64 `json:"high"`   // the largest
	Rounds    int     `json:"rounds"` // that have a ratio
}

// Kind implements [Record].
func (Comparison) Kind() Kind { return KindComparison }

func (c Comparison) line() any {
	return struct {
		header
		Comparison
	}{header{Schema, KindComparison}, c}
}

// Compare takes the trials of two arms together, a [Comparison] per metric in which at least one round has a ratio. A round has none where an
// arm is missing or one of its trials failed or was interrupted, nor in a metric that a trial lacks or that is zero. Trials without an arm
// are left out.
func Compare(trials []Trial) ([]Comparison, error) {
	rounds := wholeRounds(trials)
	var comparisons []Comparison
	for _, c := range comparedFigures() {
		var ratios []float64
		for _, r := range rounds {
			if a, b := meanOf(r.a, c.metric), meanOf(r.b, c.metric); a != 0 && b != 0 {
				ratios = append(ratios, a/b)
			}
		}
		if len(ratios) == 0 {
			continue
		}
		s, err := Describe(ratios)
		if err != nil {
			return nil, err
		}
		comparisons = append(comparisons, Comparison{
			ScenarioA: rounds[0].a[0].Scenario, ScenarioB: rounds[0].b[0].Scenario,
			Metric: c.metric, Ratio: s.Median, Low: s.Min, High: s.Max, Rounds: s.N,
		})
	}
	return comparisons, nil
}

// round is the trials of both arms in one round.
type round struct{ a, b []Trial }

// wholeRounds is the rounds that both arms came through, in their order.
func wholeRounds(trials []Trial) []round {
	var order []int
	byNumber := map[int]*round{}
	broken := map[int]bool{}
	for _, t := range trials {
		if t.Arm != ArmA && t.Arm != ArmB {
			continue
		}
		r := byNumber[t.Round]
		if r == nil {
			r = &round{}
			byNumber[t.Round], order = r, append(order, t.Round)
		}
		if t.Arm == ArmA {
			r.a = append(r.a, t)
		} else {
			r.b = append(r.b, t)
		}
		broken[t.Round] = broken[t.Round] || !t.usable()
	}
	var whole []round
	for _, number := range order {
		if r := byNumber[number]; !broken[number] && len(r.a) > 0 && len(r.b) > 0 {
			whole = append(whole, *r)
		}
	}
	return whole
}

// meanOf is an arm's figure in one round, 0 where a trial lacks it.
func meanOf(trials []Trial, m Metric) float64 {
	values := make([]float64, len(trials))
	for i, t := range trials {
		value, ok := Metrics(t)[m]
		if !ok {
			return 0
		}
		values[i] = value
	}
	mean, err := stats.Mean(values)
	if err != nil {
		return 0 // no trials
	}
	return mean
}

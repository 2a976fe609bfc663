package analysis

import (
	"fmt"
	"math"
	"slices"

	"tunbench/results"
	"tunbench/results/stat"
)

// machineSeries is a series of two arms on one machine.
type machineSeries struct {
	key         string // the same on all machines that measured it
	comparisons []results.Comparison
	tally       func(results.Metric) tally
}

// comparisonsOf gathers the series of all machines, in the order of the machine that has most of them.
func comparisonsOf(machines []Machine) ([]FleetComparison, error) {
	var all []FleetComparison
	index := map[string]int{}
	for i, m := range machines {
		series, err := seriesOfMachine(m.File)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		for _, s := range series {
			at, known := index[s.key]
			if !known {
				at = len(all)
				index[s.key] = at
				first := s.comparisons[0]
				all = append(all, FleetComparison{ScenarioA: first.ScenarioA, ScenarioB: first.ScenarioB, ProgramA: first.ProgramA, ProgramB: first.ProgramB})
			}
			if err := all[at].add(i, s); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
	}
	for i := range all {
		slices.SortStableFunc(all[i].Metrics, func(a, b Across) int { return metricRank(a.Metric) - metricRank(b.Metric) })
	}
	return all, nil
}

func metricRank(m results.Metric) int { return slices.Index(ArmMetrics(), m) }

// add takes in what a machine says.
func (c *FleetComparison) add(machine int, s machineSeries) error {
	for _, one := range s.comparisons {
		i := slices.IndexFunc(c.Metrics, func(a Across) bool { return a.Metric == one.Metric })
		if i < 0 {
			i = len(c.Metrics)
			c.Metrics = append(c.Metrics, Across{Metric: one.Metric, Margin: one.Margin, Alike: AlikeUnknown, PValue: 1})
		}
		study, err := studyOf(s.tally(one.Metric), one.Margin)
		if err != nil {
			return err
		}
		c.Metrics[i].On = append(c.Metrics[i].On, OnMachine{machine, one, study})
	}
	return nil
}

// leastScatter is the share of the margin below which ratios of rounds that lie close together are thought to be no closer: they are rounded, as latencies
// are, or have nothing to lose, as what arrives of a small load.
const leastScatter = 1.0 / 20

// studyOf is the centre of a machine's rounds and its variance, nil where they have none, or one that is not of all rounds. Of values from a normal distribution
// the centre of Hodges and Lehmann has the variance of the mean times π/3; of others the variance of the mean is the larger one.
func studyOf(t tally, margin float64) (*stat.Study, error) {
	n := len(t.logs)
	if n < 2 || len(t.nothing)+len(t.unmeasured) > 0 {
		return nil, nil
	}
	centre, err := stat.HodgesLehmann(t.logs)
	if err != nil {
		return nil, err
	}
	mean, squares := meanOfValues(t.logs), 0.0
	for _, v := range t.logs {
		squares += (v - mean) * (v - mean)
	}
	least := leastScatter * math.Log1p(margin)
	return &stat.Study{Value: centre, Variance: math.Pi / 3 * max(squares/float64(n-1), least*least) / float64(n), Freedom: n - 1}, nil
}

// seriesOfMachine is the series of one file: those of two arms as they were measured, and each device under test of a run against its reference. A series that
// was measured a second time to confirm the first is left out, for whether there is one depends on the machine.
func seriesOfMachine(f *results.File) ([]machineSeries, error) {
	if len(f.Bisects) > 0 || len(f.Sweeps) > 0 {
		return nil, nil // their series and trials are steps of an answer
	}
	plain := f.OfPhase(results.PhasePlain)
	var all []machineSeries
	seen := map[[4]string]bool{}
	for _, trials := range SeriesOf(plain) {
		s := machineSeries{tally: tallies(trials)}
		for _, c := range f.Comparisons {
			if c.Series == trials[0].Series {
				s.comparisons = append(s.comparisons, c)
			}
		}
		if len(s.comparisons) == 0 { // the run was cut off
			compared, err := compareSeries(trials, CompareOptions{plain: true})
			if err != nil {
				return nil, err
			}
			s.comparisons = records(compared)
		}
		if len(s.comparisons) == 0 {
			continue
		}
		first := s.comparisons[0]
		what := [4]string{first.ScenarioA, first.ScenarioB, first.ProgramA, first.ProgramB}
		if seen[what] {
			continue
		}
		seen[what] = true
		// What a host cannot do is another setting in the names of its scenarios, so the place in the plan tells which series it is.
		s.key = fmt.Sprint("arms ", len(all))
		all = append(all, s)
	}
	pairs, err := pairsOfRun(plain)
	return append(all, pairs...), err
}

// tallies is the rounds of a series, metric by metric.
func tallies(trials []results.Trial) func(results.Metric) tally {
	rounds := roundsIn(trials)
	return func(m results.Metric) tally { return tallyOf(rounds, m) }
}

func records(compared []ArmComparison) []results.Comparison {
	out := make([]results.Comparison, len(compared))
	for i, c := range compared {
		out[i] = c.Comparison
	}
	return out
}

// pairsOfRun makes series of the trials of a run: a scenario is B, and A is the reference under the same load, or the first scenario with that load where no
// reference was measured. Their trials of one round are a pair. A scenario that is neither stands for itself.
func pairsOfRun(trials []results.Trial) ([]machineSeries, error) {
	by, order := byScenario(trials)
	partners, serves := map[string]string{}, map[string]bool{}
	for i, scenario := range order {
		partners[scenario] = counterpart(scenario, order, i)
		serves[partners[scenario]] = true
	}
	var all []machineSeries
	for _, b := range order {
		var s machineSeries
		var err error
		switch a := partners[b]; {
		case a != "":
			s, err = seriesOfPair(by, a, b)
		case !serves[b]:
			s, err = figuresOf(by[b])
		}
		if err != nil {
			return nil, err
		}
		if len(s.comparisons) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

// seriesOfPair sets the trials of one scenario against those of another.
func seriesOfPair(by map[string][]results.Trial, a, b string) (machineSeries, error) {
	trials := pairOf(by, a, b)
	compared, err := compareSeries(trials, CompareOptions{plain: true})
	return machineSeries{a + " " + b, records(compared), tallies(trials)}, err
}

// figuresOf is the figures of a scenario that is set against no other, on the scale of logarithms as ratios are.
func figuresOf(trials []results.Trial) (machineSeries, error) {
	scenario := trials[0].Scenario
	s := machineSeries{key: scenario, tally: func(m results.Metric) tally { return tallyOfFigures(trials, m) }}
	for _, f := range armFigures() {
		t := s.tally(f.metric)
		if !f.appliesTo(scenario) || len(t.logs) == 0 {
			continue
		}
		e, err := estimateOf(t.logs, CompareOptions{})
		if err != nil {
			return s, fmt.Errorf("%s: %w", f.metric, err)
		}
		c := results.Comparison{ScenarioB: scenario, ProgramB: programOf(trials[0]), Metric: f.metric, Margin: f.margin, Rounds: len(t.logs), Confidence: e.interval.Confidence}
		c.Ratio, c.Low, c.High = e.ratios()
		s.comparisons = append(s.comparisons, c)
	}
	return s, nil
}

// tallyOfFigures is the logarithms of a figure; a trial that brought nothing through has none.
func tallyOfFigures(trials []results.Trial, m results.Metric) (t tally) {
	for _, trial := range trials {
		switch v, ok := figureOf(trial, m); {
		case ok && v > 0:
			t.logs = append(t.logs, math.Log(v))
		case ok:
			t.nothing = append(t.nothing, standoff{round: trial.Round})
		}
	}
	return t
}

// counterpart is the scenario that one at a place in the order is set against, "" if none is.
func counterpart(scenario string, order []string, place int) string {
	if isReference(scenario) {
		return ""
	}
	if reference := referenceOf(scenario, order); reference != "" {
		return reference
	}
	for _, other := range order[:place] {
		if sameLoad(scenario, other) {
			return other
		}
	}
	return ""
}

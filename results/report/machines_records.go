package report

import (
	"math"

	"tunbench/results"
	"tunbench/results/analysis"
)

// AcrossRecords is what the machines of a merged file say together, as records: one for each metric of each comparison.
func AcrossRecords(fleet *analysis.Fleet) []results.Across {
	var records []results.Across
	for _, c := range fleet.Comparisons {
		for _, a := range c.Metrics {
			records = append(records, acrossRecord(fleet, c, a))
		}
	}
	return records
}

func acrossRecord(fleet *analysis.Fleet, c analysis.FleetComparison, a analysis.Across) results.Across {
	r := results.Across{
		ScenarioA: c.ScenarioA, ScenarioB: c.ScenarioB, ProgramA: c.ProgramA, ProgramB: c.ProgramB, Metric: a.Metric, Margin: a.Margin, Machines: string(a.Alike),
	}
	if c.Absolute() {
		r.Scenario, r.ScenarioB = c.ScenarioB, ""
	} else {
		r.Better, r.Worse, r.Same = new(a.Count(results.VerdictBetter)), new(a.Count(results.VerdictWorse)), new(a.Count(results.VerdictSame))
		r.Inconclusive = new(a.Count(results.VerdictInconclusive))
	}
	if p := a.Pooled; p != nil {
		r.Mean, r.Low, r.High, r.Confidence = new(math.Exp(p.Center)), new(math.Exp(p.Low)), new(math.Exp(p.High)), p.Confidence
		r.SpreadRatio, r.SpreadLow, r.SpreadHigh = new(math.Expm1(p.Tau)), new(math.Expm1(p.TauLow)), new(math.Expm1(p.TauHigh))
		r.UnexplainedRatio, r.PValue = &p.Unexplained, &a.PValue
		if p.Predicted != nil {
			r.FurtherLow, r.FurtherHigh = new(math.Exp(p.Predicted.Low)), new(math.Exp(p.Predicted.High))
		}
	}
	for _, g := range a.Goes {
		goes := results.GoesWith{Properties: g.Names, PValue: g.PValue}
		for _, l := range g.Levels {
			goes.Levels = append(goes.Levels, results.PropertyLevel{Value: l.Value, Machines: l.Machines, Mean: l.Ratio})
		}
		r.GoesWith = append(r.GoesWith, goes)
	}
	for _, name := range a.Tested {
		if !named(a.Goes, name) {
			r.NotWith = append(r.NotWith, name)
		}
	}
	if a.Alike == analysis.AlikeDiffer {
		for _, name := range c.Untold {
			if !named(a.Goes, name) {
				r.CannotTell = append(r.CannotTell, name)
			}
		}
	}
	for _, on := range a.On {
		m := fleet.Machines[on.Machine]
		part := results.AcrossPart{Machine: m.Name, Rounds: on.Rounds, Counted: on.Counted(), Verdict: on.Verdict}
		if m.Shard != nil {
			part.HostID = m.Shard.HostID
		}
		if on.Rounds > 0 {
			part.Value, part.Low, part.High = &on.Ratio, &on.Low, &on.High
		}
		r.On = append(r.On, part)
	}
	return r
}

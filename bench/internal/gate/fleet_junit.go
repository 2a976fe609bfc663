package gate

import (
	"tunbench/bench/internal/junit"
	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// FleetJUnit is what the gates of many machines come to as JUnit's XML: a suite for each machine, a case for each metric of each scenario, and one for the machine's
// verdict, which also stands for a machine that came to none.
func FleetJUnit(g *analysis.FleetGate) ([]byte, error) {
	all := junit.Suites{Name: "tunbench gate"}
	for _, on := range g.On {
		h := on.Machine.Host
		suite := junit.Suite{Name: on.Machine.Name, Hostname: h.Hostname, Timestamp: h.Time.UTC().Format("2006-01-02T15:04:05"), Properties: []junit.Property{
			{Name: "host.kernel", Value: h.Kernel}, {Name: "host.cpu_model", Value: h.CPUModel}, {Name: "host.virtualization", Value: h.Virtualization},
		}}
		verdict := junit.Case{Name: "verdict", Classname: on.Machine.Name}
		if on.Gate == nil {
			verdict.Skipped = &junit.Reason{Message: "the machine came to no verdict"}
			suite.Add(verdict)
			all.Add(suite)
			continue
		}
		reason := &junit.Reason{Message: report.Plain(on.Gate.Headline)}
		switch on.Gate.Verdict {
		case results.GateWorse, results.GateFailed:
			verdict.Failure = reason
		case results.GateInconclusive:
			verdict.Skipped = reason
		}
		suite.Add(verdict)
		for _, f := range on.Gate.Findings {
			c := junit.Case{Name: string(f.Metric), Classname: on.Machine.Name + "/" + f.Scenario, Output: f.Outcome}
			switch reason := (&junit.Reason{Message: f.Outcome}); {
			case f.Required && f.Outcome == string(Worse):
				c.Failure = reason
			case f.Outcome == string(Worse), f.Outcome == string(Inconclusive):
				c.Skipped = reason
			}
			suite.Add(c)
		}
		all.Add(suite)
	}
	return all.Encode()
}

package measure

import (
	"fmt"
	"slices"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/traffic"
)

// Features is what this host can do for the tester: nil, or why not.
type Features struct {
	LiveFrames error // gen=xdp
	TCX        error // sink=tcx
}

// ProbeFeatures tries what the scenarios need, in namespaces of its own.
func ProbeFeatures(scenarios []scenario.Scenario) Features {
	var f Features
	if slices.ContainsFunc(scenarios, func(s scenario.Scenario) bool { return s.Gen == scenario.GenXDP }) {
		f.LiveFrames = traffic.ProbeXDP()
	}
	if slices.ContainsFunc(scenarios, func(s scenario.Scenario) bool { return s.Sink == scenario.SinkTCX }) {
		f.TCX = traffic.Probe()
	}
	return f
}

// Fit replaces what this host cannot do by sockets, so that every scenario has the
// name of what is measured, and says what is lost by it.
func Fit(scenarios []scenario.Scenario, f Features) (fitted []scenario.Scenario, lost []string, err error) {
	for _, s := range scenarios {
		var words []string
		if s.Gen == scenario.GenXDP && f.LiveFrames != nil {
			words = append(words, "gen=socket")
		}
		if s.Sink == scenario.SinkTCX && f.TCX != nil {
			words = append(words, "sink=socket")
		}
		if len(words) == 0 {
			fitted = append(fitted, s)
			continue
		}
		other, err := scenario.Override([]scenario.Scenario{s}, words)
		if err != nil {
			return nil, nil, fmt.Errorf("fit scenario to this host: %w", err)
		}
		fitted = append(fitted, other...)
	}
	if f.LiveFrames != nil {
		lost = append(lost, fmt.Sprintf("gen=socket instead of xdp, which means half the highest load and send times that the scheduler blurs: %v", f.LiveFrames))
	}
	if f.TCX != nil {
		lost = append(lost, fmt.Sprintf("sink=socket instead of tcx, which means latencies that include the stack and a reader's wake-up, "+
			"and a reader that can fall behind: %v", f.TCX))
	}
	return fitted, lost, nil
}

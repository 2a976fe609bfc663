package analysis

import "tunbench/results"

// FleetGate is what the gates of all machines come to.
type FleetGate struct {
	Verdict results.GateVerdict
	On      []GateOnMachine // every machine
	Missing int             // machines of the plan that the file does not have
}

// GateOnMachine is the gate of one machine, nil where it came to no verdict.
type GateOnMachine struct {
	Machine Machine
	Gate    *results.Gate
}

// FleetGateOf takes the gates of a merged file together; nil where no machine has one. The whole is worse if the candidate is worse on one machine, which was found there
// in two series; failed if none is worse and the candidate failed on one; inconclusive if neither, and a machine is inconclusive, came to no verdict or is missing;
// passed if it passed on all. A good machine never makes up for a bad one.
func FleetGateOf(f *results.File) *FleetGate {
	g := &FleetGate{}
	if f.Merge != nil {
		g.Missing = len(f.Merge.Missing)
	}
	any := false
	for _, m := range MachinesOf(f) {
		on := GateOnMachine{Machine: m}
		if n := len(m.Gates); n > 0 {
			on.Gate, any = &m.Gates[n-1], true
		}
		g.On = append(g.On, on)
	}
	if !any {
		return nil
	}
	switch {
	case g.Count(results.GateWorse) > 0:
		g.Verdict = results.GateWorse
	case g.Count(results.GateFailed) > 0:
		g.Verdict = results.GateFailed
	case g.Missing > 0 || g.Count(results.GatePassed) < len(g.On):
		g.Verdict = results.GateInconclusive
	default:
		g.Verdict = results.GatePassed
	}
	return g
}

// Count is the number of machines with a verdict; "" is that of those without one.
func (g *FleetGate) Count(v results.GateVerdict) (n int) {
	for _, on := range g.On {
		if on.Gate == nil && v == "" || on.Gate != nil && on.Gate.Verdict == v {
			n++
		}
	}
	return n
}

package measure

import (
	"context"
	"fmt"
	"slices"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/traffic/independent"
)

// Features says what the tester can do on this host: each field is nil, or the reason why not.
type Features struct {
	LiveFrames error // gen=xdp
	Sink       error // sink=tcx, by TCX or clsact
	TCX        error // sink=tcx by TCX
	Generators error // the generators of others that the scenarios name
	KVM        error // accel=kvm
}

// ProbeFeatures tries the features that the scenarios need, in network namespaces of its own.
func ProbeFeatures(scenarios []scenario.Scenario) Features {
	var f Features
	if slices.ContainsFunc(scenarios, func(s scenario.Scenario) bool { return s.Gen.InKernel() }) {
		f.LiveFrames = traffic.ProbeXDP()
	}
	if slices.ContainsFunc(scenarios, func(s scenario.Scenario) bool { return s.Sink == scenario.SinkTCX }) {
		f.TCX = traffic.ProbeTCX()
		f.Sink = f.TCX
		if f.TCX != nil {
			f.Sink = traffic.Probe()
		}
	}
	f.Generators = findGenerators(scenarios)
	return f
}

// findGenerators looks for the programs of others that the scenarios name.
func findGenerators(scenarios []scenario.Scenario) error {
	for _, program := range independent.Programs() {
		isNamed := func(s scenario.Scenario) bool { return string(s.Gen) == program.Name }
		if slices.ContainsFunc(scenarios, isNamed) {
			if _, err := program.Find(context.Background()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Lost has a sentence each for what generator and sink cannot do on this host; "" if they can do everything.
type Lost struct{ Generator, Sink, Guest string }

// Fit replaces a generator or sink that this host cannot run by sockets, so that the name of each scenario says
// what is measured. Scenarios that become the same are returned once. The error is what the kernel refused, if
// sockets cannot do the work either.
func Fit(scenarios []scenario.Scenario, f Features) (fitted []scenario.Scenario, lost Lost, err error) {
	if f.Generators != nil {
		return nil, Lost{}, f.Generators
	}
	hidden := false
	for _, s := range scenarios {
		words, refused := substitutes(s, f)
		if len(words) > 0 {
			other, err := scenario.Override([]scenario.Scenario{s}, words)
			if err != nil {
				return nil, Lost{}, fmt.Errorf("%w; nor can sockets do it: %s", refused, err.Error())
			}
			s = other[0]
		}
		hidden = hidden || hidesFromTC(s) && f.TCX != nil
		if !slices.Contains(fitted, s) {
			fitted = append(fitted, s)
		}
	}
	if f.LiveFrames != nil {
		lost.Generator = fmt.Sprintf("gen=socket instead of xdp, which means half the highest load and send times that the scheduler blurs: %v", f.LiveFrames)
	}
	if f.KVM != nil {
		lost.Guest = fmt.Sprintf("accel=emulated instead of kvm, which means figures that show that the guest works, not how fast it is: %v", f.KVM)
	}
	switch {
	case f.Sink != nil:
		lost.Sink = fmt.Sprintf("sink=socket instead of tcx, which means latencies that include the stack and a reader's wake-up, "+
			"and a reader that can fall behind: %v", f.Sink)
	case f.TCX != nil:
		lost.Sink = fmt.Sprintf("the program of sink=tcx is attached by clsact, at the same place, and counts as exactly; "+
			"each superpacket costs it more time: %v", f.TCX)
		if hidden {
			lost.Sink += "; dut=ipip and dut=gre are measured with sink=socket, because before Linux 5.14 clsact takes the outer headers for the packet's"
		}
	}
	return fitted, lost, nil
}

// substitutes are the words that make a scenario one of sockets where the host cannot
// do otherwise, and what it refused.
func substitutes(s scenario.Scenario, f Features) (words []string, refused error) {
	if s.Gen.InKernel() && f.LiveFrames != nil {
		words, refused = append(words, "gen=socket"), f.LiveFrames
	}
	switch {
	case s.Sink != scenario.SinkTCX:
	case f.Sink != nil:
		words, refused = append(words, "sink=socket"), f.Sink
	case f.TCX != nil && hidesFromTC(s):
		words, refused = append(words, "sink=socket"), f.TCX
	}
	if s.Accel == scenario.KVM && f.KVM != nil {
		words, refused = append(words, "accel=emulated"), f.KVM
	}
	return words, refused
}

// hidesFromTC says that tc may look for what comes out of the tunnel where its outer headers are: they leave the MAC header's
// place as it was before Linux 5.14 (ip_tunnel_rcv in net/ipv4/ip_tunnel.c). There is no saying whether a kernel does, so it is
// taken for one that has no TCX either.
func hidesFromTC(s scenario.Scenario) bool { return s.DUT == scenario.IPIP || s.DUT == scenario.GRE }

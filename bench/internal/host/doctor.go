package host

import "context"

// Probes are the checks that need a library which lives elsewhere in tunbench.
// A nil probe is reported as unknown.
type Probes struct {
	// BPF are the features of the tester that load programs.
	BPF []BPFFeature
	// TUN opens devices and returns one check per feature it tried.
	TUN func() ([]Check, error)
	// Scene sets up and removes what a measurement happens in.
	Scene func() error
	// Runs returns the namespaces of other runs: of those that live, and what dead
	// ones left behind.
	Runs func() (live, dead []string, err error)
}

// Checks tries and reads everything on this host that a measurement depends
// on, in the order a reader wants it: abilities, processor, clock, noise,
// memory, network. It takes about a second, part of it with every CPU busy to
// see steal time, and changes nothing. When ctx ends early the checks that
// need time say unknown.
func Checks(ctx context.Context, probes Probes) []Check {
	m := local()
	// Noise first, before the other checks add their own.
	noise := m.noise(ctx)
	checks := m.abilities(probes)
	checks = append(checks, m.processor()...)
	checks = append(checks, m.clockChecks()...)
	checks = append(checks, noise...)
	checks = append(checks, m.memory()...)
	checks = append(checks, m.network()...)
	return append(checks, otherRuns(probes.Runs))
}

func (m machine) abilities(probes Probes) []Check {
	checks := []Check{m.privileges(), m.tunNode(), devicesHere(tryDevicesHere()), namespaces(tryNamespace()), scene(probes.Scene)}
	checks = append(checks, tunFeatures(probes.TUN)...)
	for _, f := range probes.BPF {
		checks = append(checks, f.check())
	}
	return append(checks, m.ioUring(tryIoUring()))
}

func (m machine) processor() []Check {
	return []Check{m.cores(), m.quota(), m.smt(), m.governor(), m.turbo(), m.mitigationCheck()}
}

func (m machine) clockChecks() []Check {
	return []Check{m.clocksource(clockReading()), m.tick()}
}

func (m machine) noise(ctx context.Context) []Check {
	checks := []Check{m.loadAverage(), m.pressure("cpu"), m.pressure("memory")}
	checks = append(checks, m.sampled(ctx)...)
	checks = append(checks, pausing(WatchPauses(0, pausesWatched)), near(0, 1))
	return append(checks, m.virtual(), m.irqbalance())
}

func (m machine) memory() []Check {
	return []Check{m.memoryAvailable(), m.hugePages()}
}

func (m machine) network() []Check {
	return []Check{m.bpfJIT(), m.socketBuffers(), m.tcpBuffers()}
}

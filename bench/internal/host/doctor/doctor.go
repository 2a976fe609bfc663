package doctor

import (
	"context"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/tune"
	"tunbench/forwarder/tun"
)

// Probes are tried by rooms that import host, so whoever asks for the checks hands
// them in. A nil probe is reported as unknown.
type Probes struct {
	// BPF are what the generator and the sink do with eBPF.
	BPF []BPFFeature
	// Programs are those of others that a measurement may ask for.
	Programs []Program
	// Faults are published faults of kernels.
	Faults []KernelFault
	// Scene builds the namespaces of a measurement and removes them.
	Scene func() error
	// Runs returns the namespaces of other runs of tunbench: of those that are still
	// running, and of those that were killed.
	Runs func() (live, dead []string, err error)
}

// Checks tries and reads everything on this host that a measurement depends
// on, in the order a reader wants it: abilities, processor, clock, noise,
// memory, network. It takes about a second, part of it with every CPU busy to
// see steal time, and changes nothing. When ctx ends early the checks that
// need time say unknown.
func Checks(ctx context.Context, probes Probes) []Check {
	m := host.Local()
	// Noise first, before the other checks add their own.
	noise := noise(ctx, m)
	checks := abilities(m, probes)
	checks = append(checks, processor(m)...)
	checks = append(checks, clockChecks(m)...)
	checks = append(checks, noise...)
	checks = append(checks, memory(m)...)
	checks = append(checks, network(m)...)
	tuner := tune.Tuner{Machine: m, Journal: tune.DefaultJournal}
	return append(checks, otherRuns(probes.Runs), tuned(tuner.Status()))
}

func abilities(m host.Machine, probes Probes) []Check {
	checks := []Check{privileges(m), tunNode(m), devicesHere(tryDevicesHere()), namespaces(tryNamespace()), scene(probes.Scene)}
	checks = append(checks, tunFeatures(tun.Probe())...)
	for _, f := range probes.BPF {
		checks = append(checks, f.check())
	}
	checks = append(checks, ioUring(m, tryIoUring()))
	for _, f := range probes.Faults {
		checks = append(checks, f.check())
	}
	for _, p := range probes.Programs {
		checks = append(checks, p.check())
	}
	return checks
}

func processor(m host.Machine) []Check {
	return []Check{cores(m), quota(m), smt(m), governor(m), turbo(m), ciphers(m), mitigations(m)}
}

func clockChecks(m host.Machine) []Check {
	return []Check{clocksource(m, clockReading()), tick(m)}
}

func noise(ctx context.Context, m host.Machine) []Check {
	checks := []Check{loadAverage(m), pressure(m, "cpu"), pressure(m, "memory")}
	checks = append(checks, sampled(ctx)...)
	checks = append(checks, pausing(host.WatchPauses(0, pausesWatched)), near(0, 1))
	return append(checks, virtual(m), irqbalance(m))
}

func memory(m host.Machine) []Check {
	return []Check{memoryAvailable(m), hugePages(m)}
}

func network(m host.Machine) []Check {
	return []Check{bpfJIT(m), socketBuffers(m), tcpBuffers(m)}
}

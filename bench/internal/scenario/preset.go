package scenario

import (
	"slices"
	"strings"
)

// Preset is a set of scenarios with a name.
type Preset struct {
	Name      string
	Doc       string // one line
	Rounds    int    // how often each scenario is measured
	Scenarios []Scenario
}

// Presets are the sets that come with tunbench.
func Presets() []Preset {
	return []Preset{
		{
			Name: "smoke", Doc: "does everything work here? four short trials, no repeats", Rounds: 1,
			Scenarios: mustParse("duration=500ms warmup=100ms", []string{
				"dut=forwarder proto=udp size=64",
				"dut=forwarder proto=tcp",
				"dut=forwarder proto=udp load=pingpong",
				"dut=veth proto=udp size=64",
			}),
		},
		{
			Name: "default", Rounds: 3,
			Doc: "the whole picture: small and large packets, superpackets, TCP and round trips; with an intake, and against router, veth and wireguard-go",
			Scenarios: mustParse("", across([]string{
				"proto=udp size=64",
				"proto=udp size=1400",
				"proto=udp size=1400 segs=32",
				"proto=tcp flows=1",
				"proto=tcp flows=4",
				"proto=udp load=pingpong",
			}, "dut=forwarder", "dut=forwarder intake=auto", "dut=route,veth,wireguard-go")),
		},
		{
			Name: "rivals", Rounds: 7, // six are as few as two files can be compared by
			Doc: "the forwarder, with an intake too, against wireguard-go, plain Go reads and the router under every kind of load; for report --against, compare and history",
			Scenarios: mustParse("", across([]string{
				"proto=udp size=64 verify=off",
				"proto=udp size=64 flows=64 verify=off",
				"proto=udp size=1400 verify=off",
				"proto=udp size=1400 flows=64 verify=off",
				"proto=udp size=1400 segs=32",
				"proto=udp size=64 ip=6 verify=off",
				"proto=udp size=64 dir=bi verify=off",
				"proto=udp size=64 load=10k",
				"proto=udp size=64 load=100k",
				"proto=udp size=64 load=300k",
				"proto=udp load=pingpong",
				"proto=tcp",
				"proto=tcp flows=4",
			}, "dut=forwarder", "dut=forwarder intake=auto", "dut=wireguard-go,netpoll,route")),
		},
		{
			Name: "ci", Doc: "what a change may slow down, in short trials for tunbench gate: packets per second, latency and CPU time when paced, TCP", Rounds: 10,
			// A worker that spins between packets takes all of its CPU, whatever a packet costs.
			Scenarios: mustParse("dut=forwarder duration=300ms warmup=100ms", []string{
				"proto=udp size=64",
				"proto=udp size=64 load=100k spin=0s",
				"proto=tcp",
			}),
		},
	}
}

// FindPreset returns a preset by its name, or a [*UsageError].
func FindPreset(name string) (Preset, error) {
	var names []string
	for _, p := range Presets() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Preset{}, unknown(name, name, "preset", names)
}

// Order is the order in which a round, counted from 0, measures scenarios, or what stands for them: as given in even rounds, reversed in odd
// ones (ABBA), so that a drift of the machine meets all alike. It returns a new slice.
func Order[S any](scenarios []S, round int) []S {
	order := slices.Clone(scenarios)
	if round%2 != 0 {
		slices.Reverse(order)
	}
	return order
}

// across returns each line with each of the others.
func across(lines []string, with ...string) []string {
	var all []string
	for _, line := range lines {
		for _, other := range with {
			all = append(all, line+" "+other)
		}
	}
	return all
}

// mustParse makes the scenarios of a preset: the common words with those of each line. A line that does not parse is a mistake in this file,
// which its test finds.
func mustParse(common string, lines []string) []Scenario {
	var all []Scenario
	for _, line := range lines {
		scenarios, err := Parse(strings.Fields(line + " " + common))
		if err != nil {
			panic("scenario: preset " + line + ": " + err.Error())
		}
		all = append(all, scenarios...)
	}
	return all
}

package analysis

import (
	"slices"

	"tunbench/results"
)

// referenceDUTs are devices under test that do not change with the program that is measured, the most like a forwarder first.
func referenceDUTs() []string { return []string{"route", "bridge", "veth", "wireguard-go", "netpoll"} }

func isReference(scenario string) bool {
	return slices.Contains(referenceDUTs(), results.ValueOf(results.SettingsOf(scenario), "dut"))
}

// referenceOf is the scenario, among those of the same run, whose figures tell what the machine could do under the same load: a reference with the same settings wherever both
// have one. "" if there is none, or if the scenario itself is a reference.
func referenceOf(scenario string, among []string) string {
	if isReference(scenario) {
		return ""
	}
	settings := results.SettingsOf(scenario)
	for _, dut := range referenceDUTs() {
		for _, other := range among {
			if hasSetting(other, "dut", dut) && sameLoad(settings, results.SettingsOf(other)) {
				return other
			}
		}
	}
	return ""
}

// unsaid is what a name without the key means, for keys that are not of one device under test alone (package scenario,
// keys that are optional).
var unsaid = map[string]string{"gen": "socket", "topo": "direct"}

// sameLoad says whether two scenarios agree in all settings that both have, said or not, but for the device under test.
func sameLoad(a, b []results.Setting) bool { return agrees(a, b) && agrees(b, a) }

// agrees says whether a has each setting of b, or none of that key.
func agrees(a, b []results.Setting) bool {
	values := map[string]string{}
	for _, s := range a {
		values[s.Key] = s.Value
	}
	return !slices.ContainsFunc(b, func(s results.Setting) bool {
		value, both := values[s.Key]
		if !both {
			value, both = unsaid[s.Key]
		}
		return both && s.Key != "dut" && value != s.Value
	})
}

// servesAny says whether a scenario is the reference of another.
func servesAny(reference string, groups [][]results.Trial) bool {
	var scenarios []string
	for _, g := range groups {
		scenarios = append(scenarios, g[0].Scenario)
	}
	return slices.ContainsFunc(scenarios, func(s string) bool { return referenceOf(s, scenarios) == reference })
}

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
	for _, dut := range referenceDUTs() {
		for _, other := range among {
			if hasSetting(other, "dut", dut) && sameLoad(scenario, other) {
				return other
			}
		}
	}
	return ""
}

// sameLoad says whether two scenarios agree in all settings that both have, said or not, but for the device under test.
func sameLoad(a, b string) bool {
	values := map[string]string{}
	for _, s := range results.WholeSettingsOf(a) {
		values[s.Key] = s.Value
	}
	return !slices.ContainsFunc(results.WholeSettingsOf(b), func(s results.Setting) bool {
		value, both := values[s.Key]
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

package analysis

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"tunbench/results"
)

// Property is a fact of the hosts of several machines: a value for each machine.
type Property struct {
	Name   string
	Values []string // by machine
	Finer  string   // the name of the property that this one is a part of; empty for most
}

// Facts of which others are a part.
const (
	kernelFact = "kernel"
	modelFact  = "CPU model"
)

// factsOf lists the facts that may decide how fast packets go, in which the machines differ and which all of them recorded; a part stands before its whole.
func factsOf(machines []Machine) []Property {
	of := func(value func(results.Host) string) func(Machine) string {
		return func(m Machine) string { return value(m.Host) }
	}
	facts := []struct {
		name  string
		value func(Machine) string
	}{
		{"kernel series", of(func(h results.Host) string { return kernelSeries(h.Kernel) })},
		{kernelFact, of(func(h results.Host) string { return h.Kernel })},
		{"CPU vendor", of(func(h results.Host) string { return cpuVendor(h.CPUModel) })},
		{modelFact, of(func(h results.Host) string { return h.CPUModel })},
		{"number of CPUs", of(func(h results.Host) string { return cores(h.Cores) })},
		{"CPU distance", cpuDistance},
		{"virtualization", of(virtualization)},
		{"clocksource", of(func(h results.Host) string { return h.Clocksource })},
		{"mitigations", of(func(h results.Host) string { return h.Mitigations })},
		{"tunbench", of(func(h results.Host) string { return strings.TrimSpace(h.Version + " " + h.Commit) })},
	}
	var properties []Property
	add := func(name string, value func(Machine) string) {
		p := Property{Name: name, Finer: map[string]string{"kernel series": kernelFact, "CPU vendor": modelFact}[name]}
		for _, m := range machines {
			p.Values = append(p.Values, value(m))
		}
		if !slices.Contains(p.Values, "") && slices.ContainsFunc(p.Values, func(v string) bool { return v != p.Values[0] }) {
			properties = append(properties, p)
		}
	}
	for _, f := range facts {
		add(f.name, f.value)
	}
	sysctls := map[string]bool{}
	for _, m := range machines {
		for name := range m.Host.Sysctls {
			sysctls[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sysctls)) {
		add(name, func(m Machine) string { return m.Host.Sysctls[name] })
	}
	return properties
}

func cores(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// kernelSeries is the first two numbers of a release: 6.12 of 6.12.94-amd64.
func kernelSeries(release string) string {
	major, rest, _ := strings.Cut(release, ".")
	minor := rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		minor = rest[:i]
	}
	if major == "" || minor == "" {
		return release
	}
	return major + "." + minor
}

// cpuVendor is who made a CPU, by its model's name.
func cpuVendor(model string) string {
	lower := strings.ToLower(model)
	for _, vendor := range []struct{ name, sign string }{
		{"AMD", "amd"}, {"Intel", "intel"}, {"Ampere", "ampere"}, {"Apple", "apple"}, {"ARM", "neoverse"}, {"ARM", "cortex"}, {"ARM", "arm"}, {"IBM", "power"}, {"QEMU", "qemu"},
	} {
		if strings.Contains(lower, vendor.sign) {
			return vendor.name
		}
	}
	first, _, _ := strings.Cut(model, " ")
	return first
}

func virtualization(h results.Host) string {
	if h.Virtualization != "" && h.Emulated {
		return h.Virtualization + ", emulated"
	}
	return h.Virtualization
}

// cpuDistance is near or far, as most trials were; empty where no trial measured it.
func cpuDistance(m Machine) string {
	if !slices.ContainsFunc(m.Trials, func(t results.Trial) bool { return t.CPU != nil && t.CPU.DistanceNs != nil }) {
		return ""
	}
	if farTrials(m.Trials) {
		return "far"
	}
	return "near"
}

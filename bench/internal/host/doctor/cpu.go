package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tunbench/bench/internal/host"
)

// cores compares the CPUs that are online with those this process may use.
func cores(m host.Machine) Check {
	const name = "CPUs"
	online, err := m.OnlineCPUs()
	if err != nil {
		return unknown(name, "%v", err)
	}
	list, allowed, err := m.AllowedList()
	if err != nil {
		return unknown(name, "%v", err)
	}
	switch {
	case online == 1:
		return distorts(name, "1 online", "sender, forwarder and sink take turns on one CPU", "use a host with at least two")
	case allowed < online:
		return distorts(name, fmt.Sprintf("%d of %d allowed (%s)", allowed, online, list),
			"queues and flows share fewer CPUs than the host has", "lift the affinity mask or cpuset")
	default:
		return ok(name, fmt.Sprintf("%d online", online))
	}
}

func smt(m host.Machine) Check {
	const (
		name = "SMT"
		file = "sys/devices/system/cpu/smt/active"
	)
	active, err := m.Read(file)
	switch {
	case err != nil:
		return unknown(name, "not reported by the kernel")
	case active == "1":
		return distorts(name, "on", "two workers on sibling threads share one core's units and caches",
			"pin them to different cores, or echo off > /sys/devices/system/cpu/smt/control")
	default:
		return ok(name, "off")
	}
}

func governor(m host.Machine) Check {
	const name = "frequency governor"
	found := m.ReadAll("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
	if len(found) == 0 {
		return unknown(name, "no cpufreq driver: firmware or hypervisor decides")
	}
	governors := slices.Compact(slices.Sorted(maps.Values(found)))
	text := strings.Join(governors, ", ")
	if text == "performance" {
		return ok(name, text)
	}
	return distorts(name, text, "the clock follows the load, so a slow arm runs at a slower clock",
		"tunbench tune, or cpupower frequency-set -g performance")
}

// turbo reads the switch of whichever driver has one; the two have opposite
// senses.
func turbo(m host.Machine) Check {
	const (
		name    = "turbo"
		noTurbo = "sys/devices/system/cpu/intel_pstate/no_turbo"
		boost   = "sys/devices/system/cpu/cpufreq/boost"
		meaning = "the clock depends on heat and on what other cores do"
	)
	if value, err := m.Read(noTurbo); err == nil {
		if value == "1" {
			return ok(name, "off")
		}
		return distorts(name, "on", meaning, "tunbench tune, or echo 1 > /"+noTurbo)
	}
	if value, err := m.Read(boost); err == nil {
		if value == "0" {
			return ok(name, "off")
		}
		return distorts(name, "on", meaning, "tunbench tune, or echo 0 > /"+boost)
	}
	return unknown(name, "no switch: firmware or hypervisor decides")
}

// mitigations never distort: they are what production runs with. Two hosts that
// differ in them are not comparable, though.
func mitigations(m host.Machine) Check {
	const name = "CPU mitigations"
	all := m.Mitigations()
	if len(all) == 0 {
		return unknown(name, "not reported by the kernel")
	}
	active := 0
	for _, text := range all {
		if strings.HasPrefix(text, "Mitigation") {
			active++
		}
	}
	check := ok(name, fmt.Sprintf("%d active of %d", active, len(all)))
	check.Meaning = "each system call costs more with them: compare only hosts that agree"
	return check
}

// quota looks for a limit of CPU time, which stops every thread for the rest of
// a period.
func quota(m host.Machine) Check {
	const name = "CPU quota"
	cpus, limited, err := m.Quota()
	switch {
	case err != nil:
		return unknown(name, "%v", cause(err))
	case limited:
		return distorts(name, fmt.Sprintf("%.2f CPUs", cpus),
			"every thread is stopped when the quota of a period is used up: long tails in latency",
			"run outside the limited control group (docker: without --cpus)")
	default:
		return ok(name, "none")
	}
}

package host

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// cores compares the CPUs that are online with those this process may use.
func (m machine) cores() Check {
	const name = "CPUs"
	online, err := m.cpuList("sys/devices/system/cpu/online")
	if err != nil {
		return unknown(name, "%v", err)
	}
	list, err := m.statusLine("Cpus_allowed_list")
	if err != nil {
		return unknown(name, "%v", err)
	}
	allowed, err := countCPUs(list)
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

func (m machine) cpuList(name string) (int, error) {
	list, err := m.read(name)
	if err != nil {
		return 0, err
	}
	return countCPUs(list)
}

// countCPUs counts the members of a list such as "0-3,8", the format of
// Documentation/admin-guide/cputopology.rst.
func countCPUs(list string) (int, error) {
	count := 0
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, errLow := strconv.Atoi(first)
		high, errHigh := strconv.Atoi(last)
		if errLow != nil || errHigh != nil || high < low {
			return 0, fmt.Errorf("parse CPU list %q", list)
		}
		count += high - low + 1
	}
	return count, nil
}

func (m machine) smt() Check {
	const (
		name = "SMT"
		file = "sys/devices/system/cpu/smt/active"
	)
	active, err := m.read(file)
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

func (m machine) governor() Check {
	const name = "frequency governor"
	found := m.readAll("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
	if len(found) == 0 {
		return unknown(name, "no cpufreq driver: firmware or hypervisor decides")
	}
	governors := slices.Compact(slices.Sorted(maps.Values(found)))
	text := strings.Join(governors, ", ")
	if text == "performance" {
		return ok(name, text)
	}
	return distorts(name, text, "the clock follows the load, so a slow arm runs at a slower clock",
		"cpupower frequency-set -g performance")
}

// turbo reads the switch of whichever driver has one; the two have opposite
// senses.
func (m machine) turbo() Check {
	const (
		name    = "turbo"
		noTurbo = "sys/devices/system/cpu/intel_pstate/no_turbo"
		boost   = "sys/devices/system/cpu/cpufreq/boost"
		meaning = "the clock depends on heat and on what other cores do"
	)
	if value, err := m.read(noTurbo); err == nil {
		if value == "1" {
			return ok(name, "off")
		}
		return distorts(name, "on", meaning, "echo 1 > /"+noTurbo)
	}
	if value, err := m.read(boost); err == nil {
		if value == "0" {
			return ok(name, "off")
		}
		return distorts(name, "on", meaning, "echo 0 > /"+boost)
	}
	return unknown(name, "no switch: firmware or hypervisor decides")
}

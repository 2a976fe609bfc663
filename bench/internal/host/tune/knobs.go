package tune

import (
	"path"
	"strconv"

	"tunbench/bench/internal/host"
)

// Knob is a setting of the whole host that distorts a measurement.
type Knob struct {
	Name string
	Goal string // what tune makes of it, a few words
	Why  string // what that helps, one clause

	absent   string   // why there may be no place; "" where the kernel just has none
	patterns []string // of the files that it turns, as path.Match has them, relative to the root
	tied     []string // of other files whose values the kernel loses when the knob is turned
	value    func(text string) string
	want     func(current string) (value, leave string) // value "" keeps the current one; leave says why where it is not as wanted
	process  string                                     // the name of the process that it turns, instead of files
}

// Knobs lists the settings that tune knows, in the order in which it sets them.
func Knobs() []Knob {
	return []Knob{
		{
			Name: "frequency governor", Goal: "performance", Why: "the clock does not follow the load, so a slow arm does not run at a slower clock",
			absent:   "no cpufreq driver: firmware or hypervisor decides",
			patterns: []string{cpufreq + "policy*/scaling_governor"},
			// The settings of a governor end with it (cpufreq_exit_governor, drivers/cpufreq/cpufreq.c).
			tied: []string{
				cpufreq + "policy*/ondemand/*", cpufreq + "policy*/conservative/*", cpufreq + "policy*/schedutil/*",
				cpufreq + "ondemand/*", cpufreq + "conservative/*", cpufreq + "schedutil/*",
				cpufreq + "policy*/energy_performance_preference",
			},
			want: governor,
		},
		{
			Name: "turbo", Goal: "off", Why: "the clock does not depend on heat and on what other cores do",
			absent:   "no switch: firmware or hypervisor decides",
			patterns: []string{"sys/devices/system/cpu/intel_pstate/no_turbo"},
			want:     constant("1"),
		},
		{
			Name: "boost", Goal: "off", Why: "the same, where the driver of the clock is not Intel's",
			absent:   "no switch: firmware or hypervisor decides",
			patterns: []string{cpufreq + "boost"},
			tied:     []string{cpufreq + "policy*/boost"}, // set with it (cpufreq_boost_trigger_state)
			want:     constant("0"),
		},
		{
			Name: "irqbalance", Goal: "paused (SIGSTOP)", Why: "interrupts do not move between CPUs during a trial",
			absent: "no such process seen", process: "irqbalance",
		},
		sysctl("kernel.timer_migration", "0", "a timer fires on the CPU that set it, so an idle CPU's timers do not interrupt a worker"),
		sysctl("kernel.numa_balancing", "0", "the kernel takes no page away to see who uses it, which is a page fault in the middle of a trial"),
		sysctl("kernel.nmi_watchdog", "0", "no interrupt of the watchdog, and its hardware counter is free"),
		atLeast(sysctl("vm.stat_interval", "10", "each CPU collects its memory statistics every 10 seconds instead of every second"), 10),
		sysctl("net.core.bpf_jit_enable", "1", "programs of the sink and the generator are compiled, not interpreted"),
		{
			Name: "transparent huge pages", Goal: "madvise where it is never", Why: "large buffers cost fewer TLB misses, as on other hosts",
			absent: "not in this kernel", patterns: []string{hugePages + "enabled"}, value: chosen, want: fromNever,
		},
		{
			Name: "khugepaged defrag", Goal: "off", Why: "no compaction of memory in the background",
			absent: "not in this kernel", patterns: []string{hugePages + "khugepaged/defrag"}, want: constant("0"),
		},
	}
}

const (
	cpufreq   = "sys/devices/system/cpu/cpufreq/"
	hugePages = "sys/kernel/mm/transparent_hugepage/"
)

// governor leaves a clock alone that somebody fixed: its frequency could not be put back.
func governor(current string) (value, leave string) {
	switch current {
	case "performance":
		return "", ""
	case "userspace":
		return "", "somebody fixed the clock"
	}
	return "performance", ""
}

func constant(value string) func(string) (string, string) {
	return func(current string) (string, string) {
		if current == value {
			return "", ""
		}
		return value, ""
	}
}

func fromNever(current string) (value, leave string) {
	if current == "never" {
		return "madvise", ""
	}
	return "", ""
}

// sysctl is the knob of a setting named as sysctl(8) does.
func sysctl(name, value, why string) Knob {
	return Knob{Name: name, Goal: value, Why: why, patterns: []string{host.SysctlFile(name)}, want: constant(value)}
}

// atLeast leaves a larger number as it is.
func atLeast(k Knob, least int) Knob {
	set := k.want
	k.want = func(current string) (string, string) {
		if n, err := strconv.Atoi(current); err == nil && n >= least {
			return "", ""
		}
		return set(current)
	}
	return k
}

// knob returns that of a name.
func knob(name string) (Knob, bool) {
	for _, k := range Knobs() {
		if k.Name == name {
			return k, true
		}
	}
	return Knob{}, false
}

// turns says whether a file is one of the knob's.
func (k Knob) turns(file string) bool { return matches(k.patterns, file) }

// ties says whether the kernel may lose a file's value when the knob is turned.
func (k Knob) ties(file string) bool { return matches(k.tied, file) }

func matches(patterns []string, file string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, file); ok && err == nil && path.Clean(file) == file {
			return true
		}
	}
	return false
}

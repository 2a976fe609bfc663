package doctor

import (
	"fmt"
	"os"
	"strings"

	"tunbench/bench/internal/host"
)

const (
	// busyLoad is the load average that means somebody else keeps half a CPU.
	busyLoad = 0.5
	// pressurePercent is the share of time in which some task waited.
	pressurePercent = 5.0
)

func loadAverage(m host.Machine) Check {
	const name = "load average"
	fs, err := m.Procfs()
	if err != nil {
		return unknown(name, "%v", err)
	}
	load, err := fs.LoadAvg()
	if err != nil {
		return unknown(name, "%v", err)
	}
	found := fmt.Sprintf("%.2f over 1 min", load.Load1)
	if load.Load1 > busyLoad {
		return distorts(name, found, "something else was running within the last minute", "stop it, or wait a minute")
	}
	return ok(name, found)
}

// pressure reads one resource of Documentation/accounting/psi.rst.
func pressure(m host.Machine, resource string) Check {
	name := resource + " pressure"
	fs, err := m.Procfs()
	if err != nil {
		return unknown(name, "%v", err)
	}
	psi, err := fs.PSIStatsForResource(resource)
	if err != nil || psi.Some == nil {
		return unknown(name, "no pressure stall information (boot with psi=1)")
	}
	found := fmt.Sprintf("%.1f %% over 10 s", psi.Some.Avg10)
	if psi.Some.Avg10 > pressurePercent {
		return distorts(name, found, "tasks wait for "+resource, "stop what else runs, or wait ten seconds")
	}
	return ok(name, found)
}

// irqbalance looks for the daemon by the name of its process. In a container
// only the container's processes can be seen.
func irqbalance(m host.Machine) Check {
	const name = "irqbalance"
	entries, err := os.ReadDir(m.Path("proc"))
	if err != nil {
		return unknown(name, "%v", cause(err))
	}
	for _, entry := range entries {
		if strings.Trim(entry.Name(), "0123456789") != "" {
			continue
		}
		if comm, err := m.Read("proc/" + entry.Name() + "/comm"); err == nil && comm == "irqbalance" {
			return distorts(name, "runs as process "+entry.Name(), "interrupts move between CPUs during a trial",
				"tunbench tune pauses it while you measure")
		}
	}
	return ok(name, "not seen")
}

func virtual(m host.Machine) Check {
	const name = "virtualization"
	if m.Emulated() {
		return distorts(name, "emulated by QEMU", "every instruction is translated: no figure tells how fast anything is", "measure where KVM works")
	}
	switch v := m.Virtualization(); v {
	case "":
		return unknown(name, "neither CPU flags nor firmware tables tell")
	case "none":
		return ok(name, v)
	default:
		return distorts(name, v, "neighbours share caches, memory and time; absolute figures vary from hour to hour",
			"trust interleaved comparisons, not figures of different times")
	}
}

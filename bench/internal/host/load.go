package host

import (
	"fmt"
	"os"
	"strings"
)

const (
	// busyLoad is the load average that means somebody else keeps half a CPU.
	busyLoad = 0.5
	// pressurePercent is the share of time in which some task waited.
	pressurePercent = 5.0
)

func (m machine) loadAverage() Check {
	const name = "load average"
	fs, err := m.procfs()
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
func (m machine) pressure(resource string) Check {
	name := resource + " pressure"
	fs, err := m.procfs()
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
func (m machine) irqbalance() Check {
	const name = "irqbalance"
	entries, err := os.ReadDir(m.path("proc"))
	if err != nil {
		return unknown(name, "%v", cause(err))
	}
	for _, entry := range entries {
		if strings.Trim(entry.Name(), "0123456789") != "" {
			continue
		}
		if comm, err := m.read("proc/" + entry.Name() + "/comm"); err == nil && comm == "irqbalance" {
			return distorts(name, "runs as process "+entry.Name(), "interrupts move between CPUs during a trial",
				"systemctl stop irqbalance while measuring")
		}
	}
	return ok(name, "not seen")
}

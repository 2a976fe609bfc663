package measure

import (
	"time"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// cpuReading is the CPU time used up to one moment.
type cpuReading struct {
	machine host.CPUTime
	dut     processReading
}

// readCPU reads the machine's and, unless pid is 0, that process's CPU time.
func readCPU(pid int) (cpuReading, error) {
	machine, err := host.ReadCPUTime()
	if err != nil {
		return cpuReading{}, err
	}
	dut, err := readProcess(pid)
	return cpuReading{machine: machine, dut: dut}, err
}

// cpuCost is what was used between two readings for so many packets, that were sent
// during elapsed. Without packets there are no figures per packet. The readings lie
// some milliseconds further apart, in which a generator is taken down: that is time of
// the machine but not of the DUT.
func cpuCost(before, after cpuReading, elapsed time.Duration, packets uint64, hasProcess bool) *results.CPU {
	m := after.machine.Sub(before.machine)
	cost := &results.CPU{MachineNsPerPacket: each(m.Busy()*float64(time.Second), packets)}
	if total := m.Total(); total > 0 {
		cost.UserRatio = new(m.User / total)
		cost.SystemRatio = new(m.System / total)
		cost.SoftirqRatio = new(m.Softirq / total)
		cost.StealRatio = new(m.Steal / total)
	}
	if hasProcess {
		addProcess(cost, after.dut.since(before.dut), elapsed, packets)
	}
	return cost
}

// addProcess fills in what the DUT's process used.
func addProcess(cost *results.CPU, used processUse, elapsed time.Duration, packets uint64) {
	run := float64(used.runNs)
	cost.DUTNsPerPacket = each(run, packets)
	if elapsed > 0 {
		cost.DUTBusyRatio = new(run / float64(elapsed))
		cost.DUTBusiestRatio = new(float64(used.busiestNs) / float64(elapsed))
	}
	// The exact time is shared out as the samples say.
	if sampled := used.user + used.system; sampled > 0 {
		cost.DUTUserNsPerPacket = each(run*used.user/sampled, packets)
		cost.DUTSystemNsPerPacket = each(run*used.system/sampled, packets)
	}
	cost.DUTSwitchesPerPacket = each(float64(used.switches), packets)
	if used.syscalls > 0 {
		cost.DUTSyscallsPerPacket = each(float64(used.syscalls), packets)
	}
}

// each is a share of an amount; nil where there is nobody to share it.
func each(amount float64, packets uint64) *float64 {
	if packets == 0 {
		return nil
	}
	return new(amount / float64(packets))
}

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

// cpuCost is what was used between two readings, elapsed apart, for so many
// packets. Without packets there are no figures per packet.
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
		addProcess(cost, before.dut, after.dut, elapsed, packets)
	}
	return cost
}

// addProcess fills in what the DUT's process used.
func addProcess(cost *results.CPU, before, after processReading, elapsed time.Duration, packets uint64) {
	run := float64(after.runNs - before.runNs)
	cost.DUTNsPerPacket = each(run, packets)
	if elapsed > 0 {
		cost.DUTBusyRatio = new(run / float64(elapsed))
	}
	// The exact time is shared out as the samples say.
	user, system := after.user-before.user, after.system-before.system
	if sampled := user + system; sampled > 0 {
		cost.DUTUserNsPerPacket = each(run*user/sampled, packets)
		cost.DUTSystemNsPerPacket = each(run*system/sampled, packets)
	}
	cost.DUTSwitchesPerPacket = each(float64(after.switches-before.switches), packets)
	if calls := after.syscalls - before.syscalls; calls > 0 {
		cost.DUTSyscallsPerPacket = each(float64(calls), packets)
	}
}

// each is a share of an amount; nil where there is nobody to share it.
func each(amount float64, packets uint64) *float64 {
	if packets == 0 {
		return nil
	}
	return new(amount / float64(packets))
}

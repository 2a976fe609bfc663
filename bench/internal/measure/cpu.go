package measure

import (
	"time"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// cpuReading is the CPU time used up to one moment.
type cpuReading struct {
	machine host.CPUTime
	dut     host.ProcessTime
	ends    [2]host.ProcessTime // of a tunnel
	guest   host.ProcessTime    // of QEMU; nothing without a guest
}

// readCPU reads the CPU time of the machine and of the device under test.
func (r *Rig) readCPU() (cpuReading, error) {
	running := r.running
	machine, err := host.ReadCPUTime()
	if err != nil {
		return cpuReading{}, err
	}
	used, err := host.ReadProcessTime(running.Processes()...)
	if group, ok := running.(interface{ CPUTime() (time.Duration, bool) }); ok {
		if whole, known := group.CPUTime(); known {
			used.SetWhole(whole)
		}
	}
	if err != nil {
		return cpuReading{}, err
	}
	ends, err := readEnds(running)
	if err != nil {
		return cpuReading{}, err
	}
	guest, err := host.ReadProcessTime(r.guestProcesses()...)
	return cpuReading{machine: machine, dut: used, ends: ends, guest: guest}, err
}

// cpuUse is what was used between two readings.
type cpuUse struct {
	machine host.CPUTime
	dut     host.ProcessUse
	ends    [2]host.ProcessUse // of a tunnel
	guest   host.ProcessUse
}

func (r cpuReading) since(prev cpuReading) cpuUse {
	return cpuUse{
		machine: r.machine.Sub(prev.machine), dut: r.dut.Sub(prev.dut),
		ends:  [2]host.ProcessUse{r.ends[0].Sub(prev.ends[0]), r.ends[1].Sub(prev.ends[1])},
		guest: r.guest.Sub(prev.guest),
	}
}

// cpuCost is what was used for so many packets that were sent during elapsed: shares are those of use, costs of a packet
// those of forPackets. Without packets there are no figures per packet. The use was read over some milliseconds more, in
// which a generator is taken down: that is time of the machine but not of the DUT.
func cpuCost(use, forPackets cpuUse, elapsed time.Duration, packets uint64, hasProcess bool) *results.CPU {
	m := use.machine
	cost := &results.CPU{MachineNsPerPacket: each(forPackets.machine.Busy()*float64(time.Second), packets)}
	if total := m.Total(); total > 0 {
		cost.UserRatio = new(m.User / total)
		cost.SystemRatio = new(m.System / total)
		cost.SoftirqRatio = new(m.Softirq / total)
		cost.StealRatio = new(m.Steal / total)
	}
	if hasProcess {
		addProcess(cost, use.dut, forPackets.dut, elapsed, packets)
	}
	return cost
}

// addProcess fills in what the DUT's process used in the load, and for its packets.
func addProcess(cost *results.CPU, load, used host.ProcessUse, elapsed time.Duration, packets uint64) {
	if elapsed > 0 {
		cost.DUTBusyRatio = new(float64(load.RunNs) / float64(elapsed))
		cost.DUTBusiestRatio = new(float64(load.BusiestNs) / float64(elapsed))
	}
	run := float64(used.RunNs)
	cost.DUTNsPerPacket = each(run, packets)
	// The exact time is shared out as the samples say.
	if used.UserShare >= 0 {
		cost.DUTUserNsPerPacket = each(run*used.UserShare, packets)
		cost.DUTSystemNsPerPacket = each(run*(1-used.UserShare), packets)
	}
	cost.DUTSwitchesPerPacket = each(float64(used.Switches), packets)
	if used.Syscalls > 0 {
		cost.DUTSyscallsPerPacket = each(float64(used.Syscalls), packets)
	}
}

// each is a share of an amount; nil where there is nobody to share it.
func each(amount float64, packets uint64) *float64 {
	if packets == 0 {
		return nil
	}
	return new(amount / float64(packets))
}

package measure

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"

	"tunbench/results"
)

// cpuReading is the CPU time used up to one moment.
type cpuReading struct {
	machine procfs.CPUStat // seconds, all CPUs together; sampled by the kernel's tick
	dutNs   uint64         // run time of the DUT's threads, exact; 0 without a process
}

// readCPU reads the machine's and, unless pid is 0, that process's CPU time. The
// latter is the sum over its threads of schedstat, which counts nanoseconds,
// softirq work done in a thread's context included.
func readCPU(pid int) (cpuReading, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return cpuReading{}, fmt.Errorf("open /proc: %w", err)
	}
	stat, err := fs.Stat()
	if err != nil {
		return cpuReading{}, fmt.Errorf("read machine's CPU time: %w", err)
	}
	r := cpuReading{machine: stat.CPUTotal}
	if pid == 0 {
		return r, nil
	}
	threads, err := fs.AllThreads(pid)
	if err != nil {
		return cpuReading{}, fmt.Errorf("list threads of process %d: %w", pid, err)
	}
	for _, t := range threads {
		s, err := t.Schedstat()
		if err != nil {
			continue // ended since it was listed
		}
		r.dutNs += s.RunningNanoseconds
	}
	return r, nil
}

// cpuCost is what was used between two readings, elapsed apart, for so many
// packets. Without packets there are no figures per packet.
func cpuCost(before, after cpuReading, elapsed time.Duration, packets uint64, hasProcess bool) *results.CPU {
	m := subtractCPU(after.machine, before.machine)
	busy := m.User + m.Nice + m.System + m.IRQ + m.SoftIRQ
	total := busy + m.Idle + m.Iowait + m.Steal
	cost := &results.CPU{}
	if packets > 0 {
		cost.MachineNsPerPacket = new(busy * float64(time.Second) / float64(packets))
	}
	if total > 0 {
		cost.UserRatio = new((m.User + m.Nice) / total)
		cost.SystemRatio = new(m.System / total)
		cost.SoftirqRatio = new((m.IRQ + m.SoftIRQ) / total)
		cost.StealRatio = new(m.Steal / total)
	}
	if !hasProcess {
		return cost
	}
	dut := float64(after.dutNs - before.dutNs)
	if packets > 0 {
		cost.DUTNsPerPacket = new(dut / float64(packets))
	}
	if elapsed > 0 {
		cost.DUTBusyRatio = new(dut / float64(elapsed))
	}
	return cost
}

// subtractCPU is per field at least 0: idle time can run backwards when the
// kernel corrects itself.
func subtractCPU(a, b procfs.CPUStat) procfs.CPUStat {
	return procfs.CPUStat{
		User:    max(a.User-b.User, 0),
		Nice:    max(a.Nice-b.Nice, 0),
		System:  max(a.System-b.System, 0),
		Idle:    max(a.Idle-b.Idle, 0),
		Iowait:  max(a.Iowait-b.Iowait, 0),
		IRQ:     max(a.IRQ-b.IRQ, 0),
		SoftIRQ: max(a.SoftIRQ-b.SoftIRQ, 0),
		Steal:   max(a.Steal-b.Steal, 0),
	}
}

package measure

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// cpuReading is the CPU time used up to one moment.
type cpuReading struct {
	machine host.CPUTime
	dutNs   uint64 // run time of the DUT's threads, exact; 0 without a process
}

// readCPU reads the machine's and, unless pid is 0, that process's CPU time. The
// latter is the sum over its threads of schedstat, which counts nanoseconds,
// softirq work done in a thread's context included.
func readCPU(pid int) (cpuReading, error) {
	machine, err := host.ReadCPUTime()
	if err != nil {
		return cpuReading{}, err
	}
	r := cpuReading{machine: machine}
	if pid == 0 {
		return r, nil
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return cpuReading{}, fmt.Errorf("open /proc: %w", err)
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
	m := after.machine.Sub(before.machine)
	cost := &results.CPU{}
	if packets > 0 {
		cost.MachineNsPerPacket = new(m.Busy() * float64(time.Second) / float64(packets))
	}
	if total := m.Total(); total > 0 {
		cost.UserRatio = new(m.User / total)
		cost.SystemRatio = new(m.System / total)
		cost.SoftirqRatio = new(m.Softirq / total)
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

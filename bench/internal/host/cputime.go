package host

import (
	"fmt"

	"github.com/prometheus/procfs"
)

// CPUTime is the time in seconds that all CPUs together spent in each state since
// boot, or between two readings. The kernel samples it with its timer tick.
type CPUTime struct {
	User, System, Softirq, Idle, Steal float64
}

// ReadCPUTime reads /proc/stat.
func ReadCPUTime() (CPUTime, error) {
	fs, err := Local().Procfs()
	if err != nil {
		return CPUTime{}, fmt.Errorf("read CPU time: %w", err)
	}
	stat, err := fs.Stat()
	if err != nil {
		return CPUTime{}, fmt.Errorf("read CPU time: %w", err)
	}
	return cpuTimeOf(stat.CPUTotal), nil
}

// cpuTimeOf joins what a measurement does not tell apart. Guest time is left out,
// user time contains it.
func cpuTimeOf(s procfs.CPUStat) CPUTime {
	return CPUTime{
		User:    s.User + s.Nice,
		System:  s.System,
		Softirq: s.IRQ + s.SoftIRQ,
		Idle:    s.Idle + s.Iowait,
		Steal:   s.Steal,
	}
}

// Sub returns what was spent since prev. No field is negative: the kernel sometimes
// corrects idle time backwards.
func (t CPUTime) Sub(prev CPUTime) CPUTime {
	return CPUTime{
		User:    max(t.User-prev.User, 0),
		System:  max(t.System-prev.System, 0),
		Softirq: max(t.Softirq-prev.Softirq, 0),
		Idle:    max(t.Idle-prev.Idle, 0),
		Steal:   max(t.Steal-prev.Steal, 0),
	}
}

// Busy is the time spent on work of this machine.
func (t CPUTime) Busy() float64 { return t.User + t.System + t.Softirq }

// Total is all time there was.
func (t CPUTime) Total() float64 { return t.Busy() + t.Idle + t.Steal }

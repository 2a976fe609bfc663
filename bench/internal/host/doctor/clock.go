package doctor

import (
	"fmt"
	"slices"
	"time"

	"tunbench/bench/internal/host"
)

const (
	// slowClock separates a clock read in user space (20 to 100 ns) from one
	// that needs a system call or a bus access (0.2 to 2 µs).
	slowClock = 250 * time.Nanosecond
)

// clockReading is what one reading of the clock costs: the best of several
// runs, as every disturbance only adds.
func clockReading() time.Duration {
	const runs, readings = 20, 1000
	best := time.Duration(1<<63 - 1)
	for range runs {
		start := time.Now()
		for range readings - 1 {
			_ = time.Now()
		}
		best = min(best, time.Since(start)/readings)
	}
	return best
}

func clocksource(m host.Machine, reading time.Duration) Check {
	const name = "clocksource"
	source, err := m.Clocksource()
	if err != nil {
		return unknown(name, "%v", cause(err))
	}
	found := fmt.Sprintf("%s, %d ns a reading", source, reading.Nanoseconds())
	slow := slices.Contains([]string{"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"}, source)
	if slow || reading > slowClock {
		return distorts(name, found, "stamps cost as much as packets and blur latency",
			"boot with clocksource=tsc where the CPU's TSC is stable")
	}
	return ok(name, found)
}

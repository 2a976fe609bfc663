package doctor

import (
	"fmt"

	"tunbench/bench/internal/host"
)

// near says how far two CPUs are from each other.
func near(one, other int) Check {
	const name = "CPU distance"
	distance, known := host.CPUDistance(one, other)
	if !known {
		return unknown(name, "CPUs %d and %d are one, cannot be had or have other work", one, other)
	}
	return ok(name, fmt.Sprintf("CPU %d to %d and back takes a cache line %d ns", one, other, distance.Nanoseconds()))
}

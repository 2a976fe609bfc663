package measure

import (
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
)

// anyCPU says that a thread is not pinned.
const anyCPU = -1

// placement says where threads run: the forwarder's workers from the first CPU
// on, the generators from the last one back. Where one end sends, it has its CPU for
// itself; where both do, they share theirs only when there are more threads than CPUs.
type placement struct {
	workers    []int  // worker i on workers[i mod len]; none: not pinned
	generators [2]int // sending from A, sending from B; or anyCPU
}

// first returns the CPUs of the first worker and of the first generator, or anyCPU.
func (p placement) first() [2]int {
	if len(p.workers) == 0 {
		return [2]int{anyCPU, anyCPU}
	}
	return [2]int{p.workers[0], p.generators[0]}
}

// place distributes the CPUs that this process may use.
func place(s scenario.Scenario) (placement, error) {
	if s.Pin == scenario.Off {
		return placement{generators: [2]int{anyCPU, anyCPU}}, nil
	}
	cpus, err := host.AllowedCPUs()
	if err != nil {
		return placement{}, err
	}
	return placeOn(cpus, s.OpenLoop() && s.Dir == scenario.Uni), nil
}

func placeOn(cpus []int, oneSender bool) placement {
	last := len(cpus) - 1
	p := placement{workers: cpus, generators: [2]int{cpus[last], cpus[max(last-1, 0)]}}
	if oneSender && last > 0 {
		p.workers = cpus[:last]
	}
	return p
}

package traffic

import (
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// EnableCost makes the kernel time the runs of every eBPF program on this host
// until the Closer is closed; without it the Cost of a sink that is a program
// stands still. Reading the clock twice makes each run dearer, by tens of
// nanoseconds: enable it beside a measurement, not during one.
func EnableCost() (io.Closer, error) {
	closer, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return nil, fmt.Errorf("enable eBPF statistics: %w", explain(err, "eBPF statistics", "needs Linux 5.8"))
	}
	return closer, nil
}

func programCost(p *ebpf.Program) (Cost, error) {
	stats, err := p.Stats()
	if err != nil {
		return Cost{}, fmt.Errorf("read sink's cost: %w", err)
	}
	return Cost{Runs: stats.RunCount, Time: stats.Runtime}, nil
}

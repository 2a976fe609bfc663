package kernel

import (
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/sink"
)

// EnableCost makes the kernel time the runs of every eBPF program on this host
// until the Closer is closed; without it the Cost of a sink that is a program
// stands still. Reading the clock twice makes each run dearer, by tens of
// nanoseconds: enable it beside a measurement, not during one.
func EnableCost() (io.Closer, error) {
	closer, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		return nil, fmt.Errorf("enable eBPF statistics: %w", bpf.Explain(err, "eBPF statistics", "needs Linux 5.8"))
	}
	return closer, nil
}

func programCost(p *ebpf.Program) (sink.Cost, error) {
	stats, err := p.Stats()
	if err != nil {
		return sink.Cost{}, fmt.Errorf("read sink's cost: %w", err)
	}
	return sink.Cost{Runs: stats.RunCount, Time: stats.Runtime}, nil
}

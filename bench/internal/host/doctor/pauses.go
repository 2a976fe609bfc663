package doctor

import (
	"fmt"
	"time"

	"tunbench/bench/internal/host"
)

const (
	pausesWatched = 100 * time.Millisecond
	// Below this share a p99 is still that of the packets.
	pausesRatio = 0.005
)

// pausing reports pauses of an idle CPU.
func pausing(p host.Pauses, err error) Check {
	const name = "CPU pauses"
	if err != nil {
		return unknown(name, "%v", err)
	}
	found := fmt.Sprintf("%.2f %% of the time, the longest %v", 100*p.Ratio(), p.Longest.Round(time.Microsecond))
	if p.Ratio() <= pausesRatio {
		return ok(name, found)
	}
	return distorts(name, found, "as large a share of packets is sent and forwarded late, whoever does it",
		"move other work off this machine; on a virtual one nothing in it helps")
}

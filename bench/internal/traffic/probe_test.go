package traffic

import (
	"testing"

	"tunbench/bench/internal/traffic/traffictest"
)

func TestProbes(t *testing.T) {
	traffictest.RequireRoot(t)
	for name, probe := range map[string]func() error{"sink": Probe, "TCX": ProbeTCX, "live frames": ProbeXDP, "XDP": ProbeXDPSink, "drop reasons": ProbeDropReasons} {
		before := traffictest.CountFDs(t)
		if err := probe(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if after := traffictest.CountFDs(t); after > before {
			t.Errorf("%s: %d files are open, %d were", name, after, before)
		}
	}
}

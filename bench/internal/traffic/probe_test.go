package traffic

import "testing"

func TestProbes(t *testing.T) {
	requireRoot(t)
	for name, probe := range map[string]func() error{"sink": Probe, "TCX": ProbeTCX, "live frames": ProbeXDP, "XDP": ProbeXDPSink, "drop reasons": ProbeDropReasons} {
		before := countFDs(t)
		if err := probe(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if after := countFDs(t); after > before {
			t.Errorf("%s: %d files are open, %d were", name, after, before)
		}
	}
}

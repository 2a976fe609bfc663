package measure

import (
	"slices"
	"strings"
	"testing"

	"tunbench/bench/internal/dut/faulty"
	"tunbench/results"
)

// TestCountsAreExactInTopologies: bridges and VXLAN between the hosts and the forwarder lose,
// change and hide nothing, however packets get in and out.
func TestCountsAreExactInTopologies(t *testing.T) {
	requireRoot(t)
	const vxlanPort = 4789
	for _, path := range []string{
		"topo=bridge gen=xdp", "topo=bridge gen=xdp-ip ip=6", "topo=bridge gen=xdp sink=xdp", "topo=bridge gen=socket sink=socket",
		"topo=vxlan dev=tun gen=xdp", "topo=vxlan dev=tap gen=xdp-ip ip=6", "topo=vxlan dev=tap gen=socket sink=socket",
	} {
		t.Run(path, func(t *testing.T) {
			faults := faulty.Faults{DropEvery: 100, DuplicateEvery: 99, MatchPort: portAToB}
			if strings.Contains(path, "vxlan") {
				faults.MatchPort = vxlanPort
			}
			kind := faulty.New(faults)
			trial := measured(t, knownLoad+" "+path, kind)
			checkCounts(t, faults, kind.Counts(), trial, true)
			if t.Failed() {
				t.Logf("the forwarder did %+v; ledger %v", kind.Counts(), trial.Ledger)
			}
		})
	}
}

// TestOverloadBalancesInTopologies: what does not fit is counted where it is lost, by the
// kernel's own bridge too.
func TestOverloadBalancesInTopologies(t *testing.T) {
	requireRoot(t)
	const load = "duration=100ms warmup=0s txqlen=10 dir=bi "
	for words, places := range map[string][]results.Place{
		"topo=bridge":                                   {results.PlaceSenderLink, results.PlaceReceiverLink},
		"topo=bridge gen=xdp-ip queues=2":               {results.PlaceSenderLink, results.PlaceReceiverLink},
		"topo=bridge segs=8 size=1000 qdisc=pfifo_fast": {results.PlaceSenderLink, results.PlaceReceiverLink},
		"dut=bridge":                                    {results.PlaceDeviceRing},
		"topo=vxlan":                                    {results.PlaceSenderLink, results.PlaceReceiverLink},
		"topo=vxlan dev=tap offload=tunnel segs=8":      {results.PlaceSenderLink, results.PlaceReceiverLink},
		"topo=vxlan dev=tap qdisc=noqueue gen=socket":   {results.PlaceSenderLink, results.PlaceReceiverLink},
	} {
		t.Run(words, func(t *testing.T) {
			trial := measured(t, load+words, nil)
			if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 || trial.Ledger.Packets(results.PlaceSink) == 0 {
				t.Errorf("%d unaccounted, ledger %v", n, trial.Ledger)
			}
			for _, place := range places {
				if !slices.ContainsFunc(trial.Ledger, func(e results.LedgerEntry) bool { return e.Place == place }) {
					t.Errorf("no %s in %v", place, trial.Ledger)
				}
			}
			t.Log(trial.Ledger)
		})
	}
}

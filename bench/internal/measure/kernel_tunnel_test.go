package measure

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// TestKernelTunnels: through each tunnel of the kernel's every packet comes as it was, in order, and as much longer on the link as it must be.
// A kernel that has none says what helps. The size is one that WireGuard need not pad.
func TestKernelTunnels(t *testing.T) {
	requireRoot(t)
	for _, name := range scenario.KernelTunnels() {
		for how, words := range map[string]string{
			"udp":   "size=640 flows=2 load=2000 dir=bi gen=socket sink=socket",
			"xdp":   "size=640 flows=2 load=2000 dir=bi",
			"tcp":   "proto=tcp",
			"delay": "size=640 load=2000 linkdelay=5ms gen=socket sink=socket",
		} {
			t.Run(string(name)+"/"+how, func(t *testing.T) {
				nothingOf(t)
				s := parse(t, "dut="+string(name)+" duration=100ms warmup=0s "+words)
				trial, err := Trial(t.Context(), s, Options{})
				_, missing := testbed.Driver(name).Find()
				if noNetem := err != nil && strings.Contains(err.Error(), "netem"); !noNetem && (missing != nil) != (host.Cannot(err) && strings.Contains(err.Error(), "driver")) {
					t.Errorf("doctor says %v of %s, a trial says %v", missing, name, err)
				}
				if host.Cannot(err) {
					if how == "xdp" && !errors.As(err, new(*testbed.UnsupportedError)) {
						t.Skip(err) // its generator
					}
					for _, want := range []string{"this kernel has no", "module"} {
						if !strings.Contains(err.Error(), want) {
							t.Errorf("%v: no %q", err, want)
						}
					}
					if !strings.Contains(err.Error(), "netem") && !strings.Contains(err.Error(), "tunbench kernels") {
						t.Errorf("%v: no remedy", err)
					}
					t.Skip(err)
				}
				if err != nil || trial.Failed() {
					t.Fatal(err, trial.Error)
				}
				checkKernelTunnel(t, s, trial)
			})
		}
	}
}

func checkKernelTunnel(t *testing.T, s scenario.Scenario, trial results.Trial) {
	if s.Proto == scenario.TCP {
		if trial.ThroughputBps == nil || *trial.ThroughputBps == 0 {
			t.Error("nothing came through")
		}
		return
	}
	l := trial.Ledger
	sent, arrived := l.Packets(results.PlaceIntended)-l.Packets(results.PlaceNotOffered), l.Packets(results.PlaceSink)
	if sent == 0 || arrived != sent || *trial.Reordered != 0 || *trial.Corrupt != 0 || l.Packets(results.PlaceUnaccounted) != 0 {
		t.Errorf("of %d packets %d arrived, %d out of order, %d damaged: %v", sent, arrived, *trial.Reordered, *trial.Corrupt, l)
	}
	if added := trial.Tunnel.OverheadBytesPerPacket; added == nil || math.Abs(*added-float64(s.Overhead())) > 1 {
		r := trial.Tunnel
		t.Errorf("overhead is not %d bytes: %v in %v, then %v in %v; %v", s.Overhead(), *r.InnerBytes, *r.InnerPackets, *r.LinkBytes, *r.LinkPackets, l)
	}
	if least := trial.LatencyNs; least != nil && time.Duration(least.P50) < s.LinkDelay {
		t.Errorf("half of the packets took %v, less than linkdelay=%v", time.Duration(least.P50), s.LinkDelay)
	}
}

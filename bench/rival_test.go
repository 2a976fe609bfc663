package main

import (
	"strings"
	"testing"

	"tunbench/results"
)

// TestRivalsForward: every packet through a rival is found again, and counted by it.
func TestRivalsForward(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	for _, trial := range measured(t, "dut=wireguard-go,netpoll", "ip=4,6", "dir=uni,bi", "load=10000", "duration=200ms", "warmup=50ms", roomy) {
		sink := trial.Ledger.Packets(results.PlaceSink)
		if lost := lostOnTheWay(trial); lost != 0 || *trial.Duplicated != 0 || *trial.Corrupt != 0 {
			t.Errorf("%s: lost %d, duplicated %d, corrupt %d: %v", trial.Scenario, lost, *trial.Duplicated, *trial.Corrupt, trial.Ledger)
		}
		if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 || trial.Ledger.Packets(results.PlaceReadByForwarder) != sink {
			t.Errorf("%s: %d packets unaccounted: %v", trial.Scenario, n, trial.Ledger)
		}
		if trial.CPU.DUTNsPerPacket == nil || trial.DUT == nil || *trial.DUT.Queues != 1 {
			t.Errorf("%s: CPU %+v of %+v", trial.Scenario, trial.CPU, trial.DUT)
		}
	}
}

// TestRivalsUnderLoad: superpackets split and merged, rings that overflow, and still
// nothing is unaccounted for.
func TestRivalsUnderLoad(t *testing.T) {
	needRoot(t)
	for _, load := range []string{"size=64", "size=1400 segs=32"} {
		for _, trial := range measured(t, append([]string{"dut=wireguard-go,netpoll", "duration=200ms", "warmup=50ms"}, strings.Fields(load)...)...) {
			if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 || trial.Ledger.Packets(results.PlaceSink) == 0 {
				t.Errorf("%s: %d packets unaccounted: %v", trial.Scenario, n, trial.Ledger)
			}
		}
	}
}

func TestRivalsTCPAndPingPong(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	for _, trial := range measured(t, "dut=wireguard-go,netpoll", "ip=4,6", "proto=tcp", "duration=300ms") {
		if trial.TCP == nil || *trial.ThroughputBps <= 0 {
			t.Errorf("%s: %v bit/s, TCP %+v", trial.Scenario, *trial.ThroughputBps, trial.TCP)
		}
	}
	for _, trial := range measured(t, "dut=wireguard-go,netpoll", "ip=4,6", "load=pingpong", "duration=200ms") {
		if trial.RoundTripNs == nil || trial.RoundTripNs.Count == 0 || *trial.LossRatio == 1 {
			t.Errorf("%s: round trips %+v, loss %v", trial.Scenario, trial.RoundTripNs, *trial.LossRatio)
		}
	}
}

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/results"
)

// recordsOf runs a command with -o and returns what it wrote and printed.
func recordsOf(t *testing.T, args ...string) (*results.File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.jsonl")
	code, stdout, stderr := tunbench(t, append(args, "-o", path)...)
	if code != exitSuccess {
		t.Fatalf("%v: exit code %d: %s", args, code, stderr)
	}
	file, err := results.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Warnings) > 0 {
		t.Errorf("%v: %v", args, file.Warnings)
	}
	code, again, _ := tunbench(t, "report", path)
	if code != exitSuccess || len(file.Soaks) == 0 && again != stdout {
		t.Errorf("%v: report prints something else than the run:\n%s\n%s", args, stdout, again)
	}
	return file, stdout
}

// TestSearchCommand looks for both rates, with latencies at what it found.
func TestSearchCommand(t *testing.T) {
	needRoot(t)
	file, stdout := recordsOf(t, "search", "--preset", "ci-fast", "--latency", "dut=forwarder", "dev=tun", "size=64")
	if len(file.Searches) != 1 || len(file.Searches[0].Goals) != 2 || len(file.Calibrations) != 1 {
		t.Fatalf("%d searches, %d calibrations: %+v", len(file.Searches), len(file.Calibrations), file.Searches)
	}
	latencies := 0
	for _, trial := range file.Trials {
		if trial.Phase == results.PhaseLatency {
			latencies++
		}
		if n := trial.Ledger.Packets(results.PlaceUnaccounted); n != 0 {
			t.Errorf("%s: %d packets unaccounted", trial.Scenario, n)
		}
	}
	for _, goal := range file.Searches[0].Goals {
		if goal.RelevantLowerBoundPps != nil {
			latencies -= 3
		}
		if !strings.Contains(stdout, goal.Name) {
			t.Errorf("the output does not speak of %s:\n%s", goal.Name, stdout)
		}
	}
	if latencies != 0 {
		t.Errorf("%d latency trials more or less than 3 for each goal with a load", latencies)
	}
}

func TestBurstCommand(t *testing.T) {
	needRoot(t)
	file, stdout := recordsOf(t, "burst", "-n", "2", "txqlen=200", "queues=1", "intake=off")
	burst := file.Bursts[0]
	if len(burst.Repetitions) != 2 || burst.LongestPackets == nil || burst.LongestPackets.Min < 200 || !strings.Contains(stdout, "burst") {
		t.Errorf("a ring of 200 packets takes in a burst of %+v:\n%s", burst, stdout)
	}
}

func TestSoakCommand(t *testing.T) {
	needRoot(t)
	file, stdout := recordsOf(t, "soak", "--for", "2s", "--interval", "200ms", "load=2000", roomy)
	soak := file.Soaks[0]
	if soak.Intervals == 0 || len(file.Trials) != soak.Intervals || len(soak.Memory) != 2 || soak.DurationS < 1.9 {
		t.Errorf("%+v with %d interval records", soak, len(file.Trials))
	}
	missing := int64(0)
	for _, trial := range file.Trials {
		if lost := lostOnTheWay(trial); lost != 0 {
			t.Errorf("lost %d packets: %v", lost, trial.Ledger)
		}
		missing += trial.Ledger.Packets(results.PlaceIntended) - trial.Ledger.Packets(results.PlaceSink)
	}
	if *soak.LostPackets != missing {
		t.Errorf("%d packets lost, %d are missing in the intervals", *soak.LostPackets, missing)
	}
	if !strings.Contains(stdout, "soak") {
		t.Errorf("no summary:\n%s", stdout)
	}
}

func TestCalibrateCommand(t *testing.T) {
	needRoot(t)
	file, stdout := recordsOf(t, "calibrate")
	if len(file.Calibrations) != 3 {
		t.Fatalf("%d calibrations, want those of TUN, TAP and veth", len(file.Calibrations))
	}
	for _, c := range file.Calibrations {
		if c.Error != "" || c.MaxOfferedPps == nil || c.LatencyNs == nil || c.LatenessNs == nil || c.SinkNsPerPacket == nil {
			t.Errorf("incomplete: %+v", c)
		}
	}
	if !strings.Contains(stdout, "dev=tap") {
		t.Errorf("does not name the paths:\n%s", stdout)
	}
}

// TestBeyondTheTester: a load that the tester cannot offer is measured and marked, as the tester's
// limit or, where this process has one CPU, as that of both.
func TestBeyondTheTester(t *testing.T) {
	needRoot(t)
	trial := trialsOf(t, "run", "--json", "dut=forwarder", "load=50M", "duration=200ms")[0]
	limit := "tester"
	if onOneCPU(t) {
		limit = "one CPU"
	}
	if !strings.HasPrefix(trial.LimitedBy, limit) || trial.TesterMaxPps == nil || *trial.TesterMaxPps > 50e6 {
		t.Errorf("limited by %q, want %s; the tester can %v", trial.LimitedBy, limit, trial.TesterMaxPps)
	}
	if n := trial.Ledger.Packets(results.PlaceNotOffered); n == 0 {
		t.Errorf("nothing was not offered: %v", trial.Ledger)
	}
}

// TestDropReasons: the kernel's own word for a queue that overflows, with its count.
func TestDropReasons(t *testing.T) {
	needRoot(t)
	trial := measured(t, "--drop-reasons", "load=max", "intake=off", "txqlen=10", "duration=200ms", "warmup=0s")[0]
	var full int64
	for _, d := range trial.DropReasons {
		if strings.Contains(d.Reason, "FULL_RING") {
			full += d.Packets
		}
	}
	if ring := trial.Ledger.Packets(results.PlaceDeviceRing); ring == 0 || full != ring {
		t.Errorf("FULL_RING %d times, the device counted %d: %+v", full, ring, trial.DropReasons)
	}
}

// TestHdrLog: histograms in the format that HdrHistogram's viewers read.
func TestHdrLog(t *testing.T) {
	needRoot(t)
	path := filepath.Join(t.TempDir(), "out.jsonl")
	if code, _, stderr := tunbench(t, "run", "load=10000", "duration=100ms", "-o", path); code != exitSuccess {
		t.Fatal(stderr)
	}
	code, stdout, stderr := tunbench(t, "report", "--hdr", path)
	if code != exitSuccess || !strings.HasPrefix(stdout, "#[") || !strings.Contains(stdout, "Tag=") {
		t.Errorf("exit code %d, %s:\n%s", code, stderr, stdout)
	}
}

// onOneCPU says whether this process may use a single CPU.
func onOneCPU(t *testing.T) bool {
	t.Helper()
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	return allowed.Count() == 1
}

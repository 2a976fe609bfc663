package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// Names of the default preset, forwarder and references.
const (
	forwarderKeys = "batch=64/dev=tun/dir=uni/duration=1s/dut=forwarder/flows=FLOWS/ip=4/load=LOAD/mtu=1500/offload=all/pin=on/" +
		"PROTO/qdisc=default/queues=1/SIZE/spin=20us/txqlen=1000/vnet=on/warmup=200ms"
	referenceKeys = "dir=uni/duration=1s/dut=DUT/flows=FLOWS/ip=4/load=LOAD/mtu=1500/pin=on/PROTO/qdisc=default/SIZE/txqlen=1000/warmup=200ms"
)

// scenarioName makes a canonical name; for TCP, size is empty.
func scenarioName(dut, size, segs, load, flows string) string {
	name := strings.ReplaceAll(referenceKeys, "DUT", dut)
	if dut == "forwarder" {
		name = forwarderKeys
	}
	if size == "" {
		name = strings.NewReplacer("PROTO", "proto=tcp", "SIZE/", "").Replace(name)
	}
	return strings.NewReplacer("PROTO", "proto=udp", "SIZE", "segs="+segs+"/size="+size, "LOAD", load, "FLOWS", flows).Replace(name)
}

// defaultRun is three rounds of the default preset with plausible figures.
func defaultRun(t testing.TB) *results.File {
	f := &results.File{Host: fixture.Host(), End: &results.End{Time: fixture.Start, Status: results.Completed}}
	for round := range 3 {
		wobble := 1 + 0.01*float64(round)
		for _, load := range []struct {
			size, segs, load, flows string
			pps, bps                float64
		}{
			{"64", "1", "max", "1", 470e3, 240e6},
			{"1400", "1", "max", "1", 450e3, 5.04e9},
			{"1400", "32", "max", "1", 3.8e6, 42.9e9},
			{"", "", "max", "1", 0, 15.1e9},
			{"", "", "max", "4", 0, 13.4e9},
			{"64", "1", "pingpong", "1", 0, 0},
		} {
			for i, dut := range []string{"forwarder", "route", "veth"} {
				faster := wobble * (1 + 0.3*float64(i))
				trial := results.Trial{
					Scenario: scenarioName(dut, load.size, load.segs, load.load, load.flows), Round: round, Start: fixture.Start, DurationS: 1,
					CPU: &results.CPU{StealRatio: new(0.01)},
				}
				if load.bps > 0 {
					trial.ThroughputBps = new(load.bps * faster)
				}
				if dut == "forwarder" && load.load == "max" {
					trial.CPU.DUTNsPerPacket = new(2100 / wobble)
				}
				if load.pps > 0 {
					trial.OfferedPps, trial.ForwardedPps, trial.LossRatio = new(5*load.pps*wobble), new(load.pps*faster), new(1-faster/(5*wobble))
					trial.LatencyNs = fixture.Distribution(t, int64(700e3*faster), int64(900e3*faster), int64(12e6*faster))
					trial.CPU.MachineNsPerPacket = new(4200 / wobble)
					trial.LimitedBy = map[string]string{"forwarder": "dut core", "route": "tester: generator core", "veth": "ring"}[dut]
					trial.Ledger = results.Ledger{{Place: results.PlaceIntended, Packets: 1000}, {Place: results.PlaceDeviceRing, Packets: 600}, {Place: results.PlaceSink, Packets: 400}}.Balanced()
				}
				if load.load == "pingpong" {
					trial.RoundTripNs = fixture.Distribution(t, int64(40e3*faster), int64(80e3*faster))
				}
				f.Trials = append(f.Trials, trial)
			}
		}
	}
	return f
}

// troubledRun has something of everything that a reader must be warned of.
func troubledRun(t testing.TB) *results.File {
	const load = "proto=udp/size=64/load=50000"
	trial := func(dut string, round int, forwarded float64) results.Trial {
		return results.Trial{
			Scenario: "dut=" + dut + "/" + load, Round: round, Start: fixture.Start, DurationS: 1,
			Traffic: results.Traffic{
				IntendedPps: new(50000.0), OfferedPps: new(50000.0), ForwardedPps: &forwarded, LossRatio: new(1 - forwarded/50000),
				Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 50000}, {Place: results.WriteError("EINVAL"), Packets: 50000 - int64(forwarded)}, {Place: results.PlaceSink, Packets: int64(forwarded)}}.Balanced(),
			},
		}
	}
	died := results.Trial{Scenario: "dut=forwarder/" + load, Round: 1, Start: fixture.Start, Error: "forwarder ended:\nsignal: \x1b[31mkilled"}
	stolen := trial("forwarder", 2, 49000)
	stolen.OfferedPps = new(48000.0)
	stolen.CPU = &results.CPU{StealRatio: new(0.123)}
	stolen.Duplicated, stolen.Reordered, stolen.Corrupt = new(int64(2)), new(int64(0)), new(int64(7))
	stolen.DUT = &results.DUT{Notes: []string{"uso: not accepted by the kernel"}}
	stolen.Sender = &results.Sender{Kind: results.SenderSocket, Notes: []string{"no live frames: packets come from sockets"}}
	stolen.Sink = &results.Sink{EarlyPackets: new(int64(1)), ClampedPackets: new(int64(0)), Notes: []string{"no native XDP"}}
	stolen.TesterMaxPps = new(48100.0)
	stolen.LimitedBy = "tester: sink"
	stolen.DropReasons = []results.DropReason{{Reason: "NO_SOCKET", Namespace: "b", Packets: 3}, {Reason: "FULL_RING", Namespace: "a", Packets: 40}, {Reason: "NO_SOCKET", Namespace: "b", Packets: 2}}
	lost := trial("veth", 0, 50000)
	lost.Directions = []results.Direction{
		{Direction: results.AToB, Traffic: results.Traffic{Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 10}, {Place: results.PlaceSink, Packets: 7}}.Balanced()}},
		{Direction: results.BToA, Traffic: results.Traffic{Ledger: results.Ledger{{Place: results.PlaceIntended, Packets: 10}, {Place: results.PlaceSink, Packets: 13}}.Balanced(), Reordered: new(int64(5))}},
	}
	cut := trial("veth", 1, 10)
	cut.Interrupted = true
	return &results.File{
		Host: fixture.Host(), Trials: []results.Trial{trial("forwarder", 0, 49999), died, stolen, lost, cut},
		End:      &results.End{Time: fixture.Start, Status: results.Interrupted, Reason: "signal: interrupt", Trials: 5},
		Warnings: []results.Warning{{Line: 7, Text: "the last line is torn and was skipped"}},
	}
}

// sweepRun has one device under test and settings that differ.
func sweepRun() *results.File {
	f := &results.File{Host: results.Host{Time: fixture.Start, Hostname: "bench-1", Virtualization: "none"}, End: &results.End{Status: results.Completed}}
	for i, offload := range []string{"none", "csum", "all"} {
		f.Trials = append(f.Trials, results.Trial{
			Scenario: "dut=forwarder/flows=1/offload=" + offload + "/proto=tcp",
			Traffic:  results.Traffic{ThroughputBps: new(1.7e9 * float64(1+4*i))},
		})
	}
	return f
}

func armsRun() *results.File {
	f := &results.File{Host: results.Host{Time: fixture.Start}, End: &results.End{Status: results.Completed}}
	for _, arm := range []string{"A", "B"} {
		f.Trials = append(f.Trials, results.Trial{Scenario: "dut=veth/proto=tcp", Arm: arm, Traffic: results.Traffic{ThroughputBps: new(1e10)}})
	}
	return f
}

func TestTableGolden(t *testing.T) {
	single := &results.File{Host: fixture.Host(), Trials: defaultRun(t).Trials[:1], End: &results.End{Status: results.Completed}}
	tests := []struct {
		name string
		file *results.File
		opts Options
	}{
		{"table-default-120.txt", defaultRun(t), Options{Width: 120}},
		{"table-default-80.txt", defaultRun(t), Options{Width: 80}},
		{"table-default-unlimited.txt", defaultRun(t), Options{}},
		{"table-troubled.txt", troubledRun(t), Options{Width: 100}},
		{"table-color.txt", troubledRun(t), Options{Width: 60, Color: true}},
		{"table-sweep.txt", sweepRun(), Options{Width: 80}},
		{"table-arms.txt", armsRun(), Options{Width: 80}},
		{"table-single.txt", single, Options{Width: 120}},
		{"table-empty.txt", &results.File{Host: fixture.Host(), Warnings: []results.Warning{{Line: 1, Text: "no end record"}}}, Options{Width: 80}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Table(test.file, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			fixture.Golden(t, test.name, got)
		})
	}
}

// TestTableWidth: no line is longer than the terminal is wide, but for columns and words that cannot be left out.
func TestTableWidth(t *testing.T) {
	run := defaultRun(t)
	for width := 75; width < 140; width += 5 {
		fitsWidth(t, run, width)
	}
}

// fitsWidth fails the test where a line of the table is longer than the terminal is wide.
func fitsWidth(t *testing.T, f *results.File, width int) {
	t.Helper()
	got, err := Table(f, Options{Width: width})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Fatalf("width %d: line of %d columns: %s", width, n, line)
		}
	}
}

// TestTableDefaultFits: at 120 columns the default preset has every column but the last that one would miss.
func TestTableDefaultFits(t *testing.T) {
	got, err := Table(defaultRun(t), Options{Width: 120})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "Not shown for want of width: machine ns/pkt.") {
		t.Errorf("other columns are missing:\n%s", got)
	}
}

func TestTableWithoutColorIsPlain(t *testing.T) {
	got, err := Table(troubledRun(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "\x1b") {
		t.Errorf("escape sequences in %q", got)
	}
}

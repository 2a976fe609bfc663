package results

import (
	"strings"
	"testing"
	"unicode/utf8"
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
func defaultRun(t testing.TB) *File {
	f := &File{Host: sampleHost(), End: &End{Time: sampleStart, Status: Completed}}
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
				trial := Trial{
					Scenario: scenarioName(dut, load.size, load.segs, load.load, load.flows), Round: round, Start: sampleStart, DurationS: 1,
					CPU: &CPU{StealRatio: new(0.01)},
				}
				if load.bps > 0 {
					trial.ThroughputBps = new(load.bps * faster)
				}
				if dut == "forwarder" && load.load == "max" {
					trial.CPU.DUTNsPerPacket = new(2100 / wobble)
				}
				if load.pps > 0 {
					trial.OfferedPps, trial.ForwardedPps, trial.LossRatio = new(5*load.pps*wobble), new(load.pps*faster), new(1-faster/(5*wobble))
					trial.LatencyNs = distribution(t, int64(700e3*faster), int64(900e3*faster), int64(12e6*faster))
					trial.CPU.MachineNsPerPacket = new(4200 / wobble)
					trial.LimitedBy = map[string]string{"forwarder": "dut core", "route": "tester: generator core", "veth": "ring"}[dut]
					trial.Ledger = Ledger{{PlaceIntended, 1000}, {PlaceDeviceRing, 600}, {PlaceSink, 400}}.Balanced()
				}
				if load.load == "pingpong" {
					trial.RoundTripNs = distribution(t, int64(40e3*faster), int64(80e3*faster))
				}
				f.Trials = append(f.Trials, trial)
			}
		}
	}
	return f
}

// troubledRun has something of everything that a reader must be warned of.
func troubledRun(t testing.TB) *File {
	const load = "proto=udp/size=64/load=50000"
	trial := func(dut string, round int, forwarded float64) Trial {
		return Trial{
			Scenario: "dut=" + dut + "/" + load, Round: round, Start: sampleStart, DurationS: 1,
			Traffic: Traffic{
				IntendedPps: new(50000.0), OfferedPps: new(50000.0), ForwardedPps: &forwarded, LossRatio: new(1 - forwarded/50000),
				Ledger: Ledger{{PlaceIntended, 50000}, {WriteError("EINVAL"), 50000 - int64(forwarded)}, {PlaceSink, int64(forwarded)}}.Balanced(),
			},
		}
	}
	died := Trial{Scenario: "dut=forwarder/" + load, Round: 1, Start: sampleStart, Error: "forwarder ended:\nsignal: \x1b[31mkilled"}
	stolen := trial("forwarder", 2, 49000)
	stolen.OfferedPps = new(48000.0)
	stolen.CPU = &CPU{StealRatio: new(0.123)}
	stolen.Duplicated, stolen.Reordered, stolen.Corrupt = new(int64(2)), new(int64(0)), new(int64(7))
	stolen.DUT = &DUT{Notes: []string{"uso: not accepted by the kernel"}}
	stolen.Sender = &Sender{Kind: SenderSocket, Notes: []string{"no live frames: packets come from sockets"}}
	stolen.Sink = &Sink{EarlyPackets: new(int64(1)), ClampedPackets: new(int64(0)), Notes: []string{"no native XDP"}}
	stolen.TesterMaxPps = new(48100.0)
	stolen.LimitedBy = "tester: sink"
	stolen.DropReasons = []DropReason{{"NO_SOCKET", "b", 3}, {"FULL_RING", "a", 40}, {"NO_SOCKET", "b", 2}}
	lost := trial("veth", 0, 50000)
	lost.Directions = []Direction{
		{AToB, Traffic{Ledger: Ledger{{PlaceIntended, 10}, {PlaceSink, 7}}.Balanced()}},
		{BToA, Traffic{Ledger: Ledger{{PlaceIntended, 10}, {PlaceSink, 13}}.Balanced(), Reordered: new(int64(5))}},
	}
	cut := trial("veth", 1, 10)
	cut.Interrupted = true
	return &File{
		Host: sampleHost(), Trials: []Trial{trial("forwarder", 0, 49999), died, stolen, lost, cut},
		End:      &End{Time: sampleStart, Status: Interrupted, Reason: "signal: interrupt", Trials: 5},
		Warnings: []Warning{{7, "the last line is torn and was skipped"}},
	}
}

// sweepRun has one device under test and settings that differ.
func sweepRun() *File {
	f := &File{Host: Host{Time: sampleStart, Hostname: "bench-1", Virtualization: "none"}, End: &End{Status: Completed}}
	for i, offload := range []string{"none", "csum", "all"} {
		f.Trials = append(f.Trials, Trial{
			Scenario: "dut=forwarder/flows=1/offload=" + offload + "/proto=tcp",
			Traffic:  Traffic{ThroughputBps: new(1.7e9 * float64(1+4*i))},
		})
	}
	return f
}

func armsRun() *File {
	f := &File{Host: Host{Time: sampleStart}, End: &End{Status: Completed}}
	for _, arm := range []string{"A", "B"} {
		f.Trials = append(f.Trials, Trial{Scenario: "dut=veth/proto=tcp", Arm: arm, Traffic: Traffic{ThroughputBps: new(1e10)}})
	}
	return f
}

func TestTableGolden(t *testing.T) {
	single := &File{Host: sampleHost(), Trials: defaultRun(t).Trials[:1], End: &End{Status: Completed}}
	tests := []struct {
		name string
		file *File
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
		{"table-empty.txt", &File{Host: sampleHost(), Warnings: []Warning{{1, "no end record"}}}, Options{Width: 80}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Table(test.file, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, test.name, got)
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
func fitsWidth(t *testing.T, f *File, width int) {
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

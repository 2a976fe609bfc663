package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// judged makes the records of comparisons as a run leaves them.
func judged(t testing.TB) func([]results.Trial) []results.Comparison {
	return func(trials []results.Trial) []results.Comparison {
		compared, err := analysis.Compare(trials, analysis.CompareOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return Recorded(compared)
	}
}

// tableOf is the table of a file for a pipe.
func tableOf(t *testing.T, f *results.File, o Options) string {
	t.Helper()
	table, err := Table(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestMergedTable(t *testing.T) {
	f := fixture.Merged(1, 12, fixture.PlantedFleet(1, 12, 1.12, 0.005), judged(t))
	f.Merge.Of = 13
	f.Merge.Missing = []results.MissingShard{{Index: 12, Why: "no file of it was given"}}
	f.Merge.Warnings = []string{"the clock of node-03 was 2 days ahead"}
	fixture.Golden(t, "machines.txt", tableOf(t, f, Options{}))
	fixture.Golden(t, "machines.md", tableOf(t, f, Options{Markdown: true}))
	for _, width := range []int{40, 80} {
		for line := range strings.Lines(tableOf(t, f, Options{Width: width})) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width && width >= 80 {
				t.Errorf("width %d: a line of %d: %s", width, n, line)
			}
		}
	}
}

// sentencesOfForwarded is what machines say of the packets forwarded, in words.
func sentencesOfForwarded(t *testing.T, f *results.File) string {
	t.Helper()
	fleet, err := analysis.FleetOf(f)
	if err != nil {
		t.Fatal(err)
	}
	c := fleet.Comparisons[0]
	return strings.Join(AcrossSentences(c, c.Metrics[0]), "\n")
}

// TestAcrossSentences: what is said of machines of which it is known what is true.
func TestAcrossSentences(t *testing.T) {
	together := fixture.PlantedFleet(3, 12, 1.12, 0.005)
	for i := range together {
		together[i].CPUModel = map[string]string{fixture.OldKernel: fixture.AMD, fixture.NewKernel: fixture.Intel}[together[i].Kernel]
	}
	same := fixture.PlantedFleet(4, 10, 1.2, 0.001)
	for i := range same {
		same[i].Host = fixture.PlantedHost(i, fixture.OldKernel, fixture.AMD)
	}
	for _, c := range []struct {
		name       string
		planted    []fixture.Planted
		says, hush []string
	}{
		{"a kernel that matters", fixture.PlantedFleet(1, 12, 1.12, 0.005), []string{"better on 6", "differ by more than chance", "goes with kernel (p", "not shown to go with CPU model"}, []string{"cannot be told", "too few"}},
		{"kernel and CPU together", together, []string{"goes with kernel or CPU model", "it cannot be told which of them matters"}, []string{"not shown to go with"}},
		{"no difference", fixture.PlantedFleet(5, 12, 1, 0), []string{"forwarded pps: the machines are alike: their spread is at most"}, []string{"goes with", "differ"}},
		{"two machines", fixture.PlantedFleet(6, 2, 1.2, 0), []string{"2 machines say next to nothing of others", "differ by more than chance", "too few machines, or too unevenly spread, to tell whether it goes with kernel"}, []string{"difference goes with"}},
		{"hosts that are all the same", same, []string{"differ by more than chance", "the hosts differ in nothing that is on record"}, []string{"difference goes with"}},
		{"one machine", fixture.PlantedFleet(7, 1, 1.2, 0), []string{"of 1 machine; ", "too few machines have a ratio for a mean"}, []string{"differ"}},
	} {
		text := sentencesOfForwarded(t, fixture.Merged(1, 12, c.planted, judged(t)))
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: lacks %q:\n%s", c.name, want, text)
			}
		}
		for _, never := range c.hush {
			if strings.Contains(text, never) {
				t.Errorf("%s: says %q:\n%s", c.name, never, text)
			}
		}
	}
}

// TestMergedRun: a program that was set against no other has figures on each machine, and they go with the kernel too.
func TestMergedRun(t *testing.T) {
	table := tableOf(t, fixture.MergedRun(fixture.PlantedFleet(1, 12, 2, 0.05)), Options{})
	for _, text := range []string{"figures of 12 machines", "scenario: dut=forwarder/load=50000/size=64", "scenario: dut=forwarder/load=max/size=1400", "the difference goes with kernel", "least"} {
		if !strings.Contains(table, text) {
			t.Errorf("the table lacks %q:\n%s", text, table)
		}
	}
	for _, word := range []string{"B/A", "undecided", "better"} {
		if strings.Contains(table, word) {
			t.Errorf("the table says %q, and there is no B", word)
		}
	}
}

// TestAcrossRecords: the records say what the table says.
func TestAcrossRecords(t *testing.T) {
	fleet, err := analysis.FleetOf(fixture.Merged(1, 12, fixture.PlantedFleet(1, 12, 1.12, 0.005), judged(t)))
	if err != nil {
		t.Fatal(err)
	}
	r := AcrossRecords(fleet)[0]
	if *r.Better != 6 || *r.Worse != 0 || r.Machines != "differ" || len(r.GoesWith) != 1 || len(r.NotWith) == 0 || len(r.On) != 12 || *r.Mean < 1.04 || *r.Mean > 1.08 || *r.SpreadRatio < 0.03 {
		t.Errorf("%+v", r)
	}
	if _, err := results.Encode(r); err != nil {
		t.Error(err)
	}
}

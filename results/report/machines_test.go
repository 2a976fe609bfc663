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

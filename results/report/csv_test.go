package report

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func csvOf(t testing.TB, f *results.File) string {
	t.Helper()
	var b strings.Builder
	if err := WriteCSV(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteCSV(t *testing.T) {
	odd := results.Trial{Scenario: "dut=veth,\"odd\"", Start: fixture.Start, Error: "ended:\nsignal"}
	fixture.Golden(t, "trials.csv", csvOf(t, fixture.File(fixture.Host(), fixture.FullTrial(t), odd)))
}

// TestCSVColumns: every metric that a trial has stands in its column, and the columns do not depend on the trials.
func TestCSVColumns(t *testing.T) {
	full := fixture.FullTrial(t)
	records, err := csv.NewReader(strings.NewReader(csvOf(t, fixture.File(full)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]string{}
	for i, name := range records[0] {
		row[name] = records[1][i]
	}
	for metric, value := range results.Metrics(full) {
		if got, ok := row[string(metric)]; !ok || got != whole(value) {
			t.Errorf("%s is %q, want %s", metric, got, whole(value))
		}
	}
	if got, want := len(results.MetricNames()), len(results.Metrics(full)); got != want {
		t.Errorf("%d metrics have a name, a trial with all has %d", got, want)
	}
	none, err := csv.NewReader(strings.NewReader(csvOf(t, fixture.File()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(records[:1], none); diff != "" {
		t.Errorf("columns without trials (-want +got):\n%s", diff)
	}
}

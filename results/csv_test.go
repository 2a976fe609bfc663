package results

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func csvOf(t testing.TB, f *File) string {
	t.Helper()
	var b strings.Builder
	if err := WriteCSV(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteCSV(t *testing.T) {
	odd := Trial{Scenario: "dut=veth,\"odd\"", Start: sampleStart, Error: "ended:\nsignal"}
	golden(t, "trials.csv", csvOf(t, fileOf(sampleHost(), fullTrial(t), odd)))
}

// TestCSVColumns: every metric that a trial has stands in its column, and the columns do not depend on the trials.
func TestCSVColumns(t *testing.T) {
	full := fullTrial(t)
	records, err := csv.NewReader(strings.NewReader(csvOf(t, fileOf(full)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]string{}
	for i, name := range records[0] {
		row[name] = records[1][i]
	}
	for metric, value := range Metrics(full) {
		if got, ok := row[string(metric)]; !ok || got != whole(value) {
			t.Errorf("%s is %q, want %s", metric, got, whole(value))
		}
	}
	if got, want := len(MetricNames()), len(Metrics(full)); got != want {
		t.Errorf("%d metrics have a name, a trial with all has %d", got, want)
	}
	none, err := csv.NewReader(strings.NewReader(csvOf(t, fileOf()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(records[:1], none); diff != "" {
		t.Errorf("columns without trials (-want +got):\n%s", diff)
	}
}

package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// hostile is a file whose texts try to break out of every format.
func hostile(t testing.TB) *results.File {
	t.Helper()
	host := fixture.Host()
	host.Hostname = "=cmd|'/c calc'!A1\"\n# EOF\\ \xff"
	host.Commit = "+1\",x"
	trials := fixture.Forwarding("dut=\"}\n1 2\x1b[31m,=x", 1000, 1100, 900)
	trials = append(trials, results.Trial{Scenario: "dut=veth", Start: fixture.Start, Error: "=HYPERLINK(\"x\")"})
	return fixture.File(append([]results.Record{host}, fixture.RecordsOf(fixture.FileOfTrials(trials))...)...)
}

// everything is a file with trials, arms, and a search.
func everything(t testing.TB) *results.File {
	t.Helper()
	f := fixture.NoisyRun(t, 1, 3, 1)
	f.Trials = append(f.Trials, fixture.ArmTrial(0, results.ArmA, 1e6), fixture.ArmTrial(0, results.ArmB, 2e6))
	f.Searches = append(f.Searches, results.Search{
		Scenario: "dut=forwarder/load=max", Start: fixture.Start,
		Goals: []results.Goal{{Name: "NDR", RelevantLowerBoundPps: new(1e5), RelevantUpperBoundPps: new(1.01e5)}, {Name: "PDR"}},
	})
	return f
}

func written(t testing.TB, write func(io.Writer, *results.File) error, f *results.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func exportedFigures(t testing.TB, f *results.File) []exported {
	t.Helper()
	figures, err := exportedOf(f)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

// TestExported: what is exported of a trial is its figures, of an arm and a search theirs, of a failed trial nothing.
func TestExported(t *testing.T) {
	f := everything(t)
	f.Trials = append(f.Trials, results.Trial{Scenario: "dut=veth", Error: "it broke"})
	kinds := map[string]int{}
	for _, e := range exportedFigures(t, f) {
		switch {
		case strings.HasPrefix(string(e.metric), "search."):
			kinds["search"]++
		case e.arm != "":
			kinds["arm "+e.arm]++
		case e.scenario == "dut=veth":
			t.Errorf("a failed trial has %s", e.metric)
		default:
			kinds["trial"]++
		}
		if e.start.IsZero() {
			t.Errorf("%s %s has no time", e.name, e.metric)
		}
	}
	if kinds["trial"] == 0 || kinds["search"] == 0 || kinds["arm A"] == 0 || kinds["arm A"] != kinds["arm B"] {
		t.Errorf("exported %v", kinds)
	}
}

// samplesOf reads OpenMetrics with Prometheus's own parser: labels, value and time in ms of every sample.
func samplesOf(t testing.TB, text string) map[string]float64 {
	t.Helper()
	parser := textparse.NewOpenMetricsParser([]byte(text), labels.NewSymbolTable())
	samples := map[string]float64{}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return samples
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if entry != textparse.EntrySeries {
			continue
		}
		_, at, value := parser.Series()
		var l labels.Labels
		parser.Labels(&l)
		if at == nil || *at == 0 {
			t.Errorf("%s has no time", l)
		}
		if _, ok := samples[l.String()]; ok {
			t.Errorf("%s is there twice", l)
		}
		samples[l.String()] = value
	}
}

func TestOpenMetricsReads(t *testing.T) {
	f := everything(t)
	samples := samplesOf(t, written(t, WriteOpenMetrics, f))
	figures := exportedFigures(t, f)
	if want := 3*len(figures) + 1; len(samples) != want {
		t.Errorf("%d samples, want %d", len(samples), want)
	}
	for _, e := range figures {
		for statistic, want := range map[string]float64{"median": e.stat.Median, "min": e.stat.Min, "max": e.stat.Max} {
			pairs := []string{"__name__", metricName(e.metric), "scenario", e.scenario, "host", f.Host.Hostname, "statistic", statistic}
			if e.arm != "" {
				pairs = append(pairs, "arm", e.arm)
			}
			l := labels.FromStrings(pairs...)
			if got, ok := samples[l.String()]; !ok || got != want {
				t.Errorf("%s is %v, want %v", l, got, want)
			}
		}
	}
	if n := len(samplesOf(t, written(t, WriteOpenMetrics, hostile(t)))); n != 3*len(exportedFigures(t, hostile(t)))+1 {
		t.Errorf("%d samples of hostile texts", n)
	}
	if got := samplesOf(t, written(t, WriteOpenMetrics, fixture.File(fixture.Host()))); len(got) != 1 {
		t.Errorf("a file without trials has %v", got)
	}
}

// TestBencherReads: what is written has the form of the format's JSON schema (https://bencher.dev/bmf.json): an object of objects whose value, lower_value
// and upper_value are numbers, with names within its limits.
func TestBencherReads(t *testing.T) {
	for _, f := range []*results.File{everything(t), hostile(t), fixture.File()} {
		var benchmarks map[string]map[string]map[string]float64
		if err := json.Unmarshal([]byte(written(t, WriteBencher, f)), &benchmarks); err != nil {
			t.Fatal(err)
		}
		figures := exportedFigures(t, f)
		var n int
		for name, measures := range benchmarks {
			if name == "" || len(name) > 1024 {
				t.Errorf("a benchmark is called %q", name)
			}
			for measure, m := range measures {
				n++
				if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(measure) {
					t.Errorf("a measure is called %q", measure)
				}
				if len(m) != 3 || m["lower_value"] > m["value"] || m["upper_value"] < m["value"] {
					t.Errorf("%s %s is %v", name, measure, m)
				}
			}
		}
		if n != len(figures) {
			t.Errorf("%d metrics, want %d", n, len(figures))
		}
		for _, e := range figures {
			want := map[string]float64{"value": e.stat.Median, "lower_value": e.stat.Min, "upper_value": e.stat.Max}
			if diff := cmp.Diff(want, benchmarks[e.name][e.measure()]); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", e.name, e.measure(), diff)
			}
		}
	}
}

// TestActionReads: the action wants an array of objects with name and unit as text and value as a number, range and extra as text if there
// (src/extract.ts), and takes them all for one direction: each figure is in one of the two files.
func TestActionReads(t *testing.T) {
	for _, f := range []*results.File{everything(t), hostile(t), fixture.File()} {
		got := map[string]float64{}
		for name, write := range map[string]func(io.Writer, *results.File) error{"bigger": WriteActionBigger, "smaller": WriteActionSmaller} {
			text := written(t, write, f)
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.DisallowUnknownFields()
			var entries []actionEntry
			if err := decoder.Decode(&entries); err != nil || entries == nil {
				t.Fatalf("%s: %v in %s", name, err, text)
			}
			for _, e := range entries {
				if e.Name == "" || e.Unit == "" {
					t.Errorf("%s: %+v", name, e)
				}
				got[name+" "+e.Name] = e.Value
			}
		}
		want := map[string]float64{}
		for _, e := range exportedFigures(t, f) {
			direction := "smaller "
			if e.metric.MoreIsBetter() || strings.HasPrefix(string(e.metric), "search.") {
				direction = "bigger "
			}
			want[direction+e.name+" "+e.measure()] = e.stat.Median
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestOtavaReads reads the file as Otava's importer does: by the names of its columns, times in order, every metric a number or empty.
func TestOtavaReads(t *testing.T) {
	later := everything(t)
	later.Host.Time = later.Host.Time.Add(24 * time.Hour)
	later.Searches = nil
	odd := hostile(t)
	odd.Host.Time = later.Host.Time.Add(time.Hour)
	first := everything(t)
	var b bytes.Buffer
	if err := WriteOtava(&b, later, odd, first); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d lines, want a header and one of each file", len(rows))
	}
	var last time.Time
	for i, f := range []*results.File{first, later, odd} {
		values := map[string]string{}
		for c, name := range rows[0] {
			values[name] = rows[i+1][c]
		}
		at, err := time.Parse(time.RFC3339, values["time"])
		if err != nil || at.Before(last) {
			t.Errorf("line %d: time %q after %s: %v", i, values["time"], last, err)
		}
		last = at
		want := map[string]float64{}
		for _, e := range exportedFigures(t, f) {
			want[e.name+"."+e.measure()] = e.stat.Median
		}
		got := map[string]float64{}
		for name, text := range values {
			if name == "time" || name == "commit" || name == "host" || text == "" {
				continue
			}
			if got[name], err = strconv.ParseFloat(text, 64); err != nil {
				t.Errorf("line %d: %s: %v", i, name, err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("line %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestNoFormulas: no cell of text that comes from elsewhere is a formula to a spreadsheet.
func TestNoFormulas(t *testing.T) {
	f := hostile(t)
	f.Trials = append(f.Trials, fixture.Forwarding("=HYPERLINK(\"x\")", 1000)...)
	var otava bytes.Buffer
	if err := WriteOtava(&otava, f); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"csv": csvOf(t, f), "otava": otava.String()} {
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if _, err := strconv.ParseFloat(cell, 64); err != nil && cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("%s: cell %q", name, cell)
				}
			}
		}
	}
}

// TestMeasures: the short names of all metrics differ.
func TestMeasures(t *testing.T) {
	names := map[string]results.Metric{}
	for _, m := range analysis.FileMetrics() {
		name := exported{metric: m}.measure()
		if other, ok := names[name]; ok {
			t.Errorf("%s and %s are both %s", m, other, name)
		}
		names[name] = m
	}
	for m, want := range map[results.Metric]string{
		results.Latency("p99"): "latency-p99-ns", results.MetricDUTCost: "cpu-dut-ns-per-packet", "search.NDR_pps": "search-ndr-pps",
	} {
		if got := (exported{metric: m}).measure(); got != want {
			t.Errorf("%s is %s, want %s", m, got, want)
		}
	}
}

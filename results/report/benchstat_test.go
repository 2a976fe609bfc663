package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchmath"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// TestCompareAgreesWithBenchstat runs benchstat itself on what is exported of two files: every median, interval and p is that of the comparison.
func TestCompareAgreesWithBenchstat(t *testing.T) {
	for name, test := range map[string]struct{ before, after *results.File }{
		"a fifth slower": {fixture.NoisyRun(t, 1, 8, 1), fixture.NoisyRun(t, 2, 11, 1.2)},
		"no difference":  {fixture.NoisyRun(t, 3, 6, 1), fixture.NoisyRun(t, 4, 30, 1)},
		"too few":        {fixture.NoisyRun(t, 5, 3, 1), fixture.NoisyRun(t, 6, 4, 1.2)},
	} {
		t.Run(name, func(t *testing.T) {
			test.after.Host.Version = "v0.2.0"
			c, err := analysis.CompareFiles(test.before, test.after, 0.05)
			if err != nil {
				t.Fatal(err)
			}
			want := benchstat(t, test.before, test.after)
			if len(want) != 2*7 {
				t.Errorf("benchstat has %d rows, want seven figures of two scenarios", len(want))
			}
			got := map[string][]string{}
			for _, u := range c.Rows {
				got[benchUnit(u.Metric)+" "+u.Scenario] = asBenchstat(u.Unpaired)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-benchstat +compare):\n%s", diff)
			}
		})
	}
}

// asBenchstat is a row in benchstat's words: median and range of either file, change, p and n.
func asBenchstat(u results.Unpaired) []string {
	summary := func(m results.Median) benchmath.Summary {
		s := benchmath.Summary{Center: m.Median}
		if m.Low != nil {
			s.Lo, s.Hi = *m.Low, *m.High
			return s
		}
		return benchmath.AssumeNothing.Summary(benchmath.NewSample([]float64{m.Median}, &benchmath.DefaultThresholds), analysis.DefaultConfidence)
	}
	comparison := benchmath.Comparison{P: u.PValue, N1: u.Old.N, N2: u.New.N, Alpha: analysis.Significance}
	return []string{
		fmt.Sprintf("%.6g", u.Old.Median), summary(u.Old).PctRangeString(), fmt.Sprintf("%.6g", u.New.Median), summary(u.New).PctRangeString(),
		comparison.FormatDelta(u.Old.Median, u.New.Median), comparison.String(),
	}
}

// benchstat compares two files with the command itself, and returns its rows by unit and scenario.
func benchstat(t *testing.T, before, after *results.File) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "old"), filepath.Join(dir, "new")}
	for i, f := range []*results.File{before, after} {
		if err := os.WriteFile(paths[i], []byte(goBench(t, f)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "tool", "benchstat", "-format", "csv", "-ignore", "tunbench", paths[0], paths[1])
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return benchstatRows(t, string(out))
}

func benchstatRows(t *testing.T, out string) map[string][]string {
	t.Helper()
	reader := csv.NewReader(strings.NewReader(out))
	reader.FieldsPerRecord = -1
	records, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	unit, factor := "", 1.0
	for _, r := range records {
		name, isRow := "", false
		if len(r) == 7 {
			name, isRow = strings.CutPrefix(r[0], "Tunbench/")
		}
		switch {
		case len(r) > 2 && r[0] == "" && r[2] == "CI":
			// Nanoseconds became seconds.
			unit, factor = r[1], 1
			if strings.Contains(unit, "sec") {
				unit, factor = strings.ReplaceAll(unit, "sec", "ns"), 1e9
			}
		case isRow:
			rows[unit+" "+name] = []string{scaledBy(t, r[1], factor), r[2], scaledBy(t, r[3], factor), r[4], r[5], r[6]}
		}
	}
	return rows
}

func scaledBy(t *testing.T, field string, factor float64) string {
	t.Helper()
	var v float64
	if _, err := fmt.Sscan(field, &v); err != nil {
		t.Fatalf("%q: %v", field, err)
	}
	return fmt.Sprintf("%.6g", v*factor)
}

package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

func goBench(t testing.TB, f *results.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteGoBench(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteGoBench(t *testing.T) {
	fixture.Golden(t, "default-run.bench", goBench(t, defaultRun(t)))
	f := fixture.File(results.Host{}, results.Trial{Scenario: "a b,c", Arm: results.ArmB, Phase: results.PhaseLatency, Traffic: results.Traffic{LossRatio: new(0.0)}}, results.Trial{Scenario: "bare"})
	f.Trials = append(f.Trials, fixture.FullTrial(t)) // failed
	const want = "BenchmarkTunbench/a_b_c/arm=B/phase=latency 1 0 loss-ratio\n"
	if got := goBench(t, f); !strings.HasSuffix(got, want) || strings.Count(got, "Benchmark") != 1 {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestGoBenchSaysWhatFailed: a benchmark that is not there would be one less to compare. Readers pass the line over.
func TestGoBenchSaysWhatFailed(t *testing.T) {
	f := fixture.File(results.Host{}, results.Trial{Scenario: "dut=veth", Error: "the device under test ended:\nexit status 7"})
	got := goBench(t, f)
	if !strings.Contains(got, "\n--- FAIL: BenchmarkTunbench/dut=veth: the device under test ended: · exit status 7\n") {
		t.Errorf("no word of it in %q", got)
	}
	reader := benchfmt.NewReader(strings.NewReader(got), "")
	for reader.Scan() {
		if _, ok := reader.Result().(*benchfmt.UnitMetadata); !ok {
			t.Errorf("reads %+v", reader.Result())
		}
	}
}

// TestGoBenchReads: what the format's own reader finds in the output is what the trials say, bit for bit.
func TestGoBenchReads(t *testing.T) {
	f := fixture.NoisyRun(t, 1, 3, 1)
	reader := benchfmt.NewReader(strings.NewReader(goBench(t, f)), "")
	var n int
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(record)
		case *benchfmt.Result:
			trial := f.Trials[n]
			n++
			if got, want := record.Name.String(), "Tunbench/"+trial.Scenario; got != want || record.Iters != 1000 {
				t.Errorf("%s, %d iterations; want %s, 1000", got, record.Iters, want)
			}
			config := []string{record.GetConfig("cpu"), record.GetConfig("kernel"), record.GetConfig("tunbench")}
			if diff := cmp.Diff([]string{"AMD EPYC 7B13", "6.18.0", "v0.1.0 abcdef123456"}, config); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
			want := map[string]float64{}
			for _, m := range analysis.FileMetrics() {
				if v, ok := results.Metrics(trial)[m]; ok {
					want[benchUnit(m)] = v
				}
			}
			got := map[string]float64{}
			for _, v := range record.Values {
				if v.OrigUnit != "" {
					v.Unit, v.Value = v.OrigUnit, v.OrigValue
				}
				got[v.Unit] = v.Value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", trial.Scenario, diff)
			}
		}
	}
	if err := reader.Err(); err != nil || n != len(f.Trials) {
		t.Errorf("%d of %d results, %v", n, len(f.Trials), err)
	}
	for _, m := range analysis.FileMetrics() {
		if want := map[bool]int{true: 1, false: -1}[m.MoreIsBetter()]; reader.Units().GetBetter(benchUnit(m)) != want {
			t.Errorf("%s: better is %d, want %d", m, reader.Units().GetBetter(benchUnit(m)), want)
		}
	}
}

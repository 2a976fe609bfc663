package page

import (
	"bytes"
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// written is the page of some files.
func written(t *testing.T, files ...*results.File) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, files...); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryKindHasItsCharts(t *testing.T) {
	want := map[string][]string{
		"run":    {"Forwarded packets per second", "Latency, 99th percentile", "Latency by percentile", "Where the packets went", "CPU time per packet", "Balance of the queues", "Calibration", "to repeat the run: tunbench run size=64"},
		"ab":     {"Ratio of B to A", "Round by round", "Steal", "CPU distance", "the gate failed", "Findings: this program against git:main"},
		"sweep":  {"Which setting mattered", "queues by engine", "txqlen by offload", "Every combination"},
		"search": {"Loss over load", "How the bounds closed in", "Latency over load", "NDR 437 k packets/s, PDR 451 k packets/s"},
		"rest":   {"Forwarded packets per second over time", "Latency, 99th percentile over time", "Memory", "Packets back to back before the first loss"},
		"files":  {"File 2 against file 1", "kernel: 6.18.0, 6.19.0", "worse"},
		"empty":  {"The file holds no trials."},
		"machines": {
			"better on 6, the same on 4, undecided on 2 of 12 machines", "the machines differ by more than chance", "the difference goes with kernel (p 0.004", "it is not shown to go with CPU model",
			"forwarded pps on each machine", "kernel 6.18.2-cloud-amd64", "mean over machines", "one more machine", "In what the machines differ",
		},
		"machines-run": {"size=1400 load=max", "the difference goes with kernel", "over the mean of all machines", "least"},
	}
	gallery := fixture.Gallery(t)
	for name, texts := range want {
		page := written(t, gallery[name]...)
		for _, text := range texts {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the page lacks %q", name, text)
			}
		}
		if tables, charts := strings.Count(page, "<table"), strings.Count(page, `<svg class="wide"`); tables < charts {
			t.Errorf("%s: %d charts, %d tables", name, charts, tables)
		}
	}
}

// TestVerdictIsOneSentence: what was measured, on what, what came out, what to distrust.
func TestVerdictIsOneSentence(t *testing.T) {
	page := written(t, fixture.Gallery(t)["ab"]...)
	verdict := page[strings.Index(page, "<h1>"):strings.Index(page, "</h1>")]
	for _, part := range []string{"B (wireguard-go) against A (forwarder) in 12 rounds", "on bench-1 (AMD EPYC 7B13, 2 CPUs, Linux 6.18.0)", "the gate failed", "distrust:"} {
		if !strings.Contains(verdict, part) {
			t.Errorf("%q lacks %q", verdict, part)
		}
	}
}

// TestBisectIsTheOutcome: the page of a bisect says which commit it is, and not what came of its first step.
func TestBisectIsTheOutcome(t *testing.T) {
	f := fixture.Gallery(t)["ab"][0]
	f.Add(results.Bisect{Answer: "found", Headline: "abc is the first slower commit: more <b>care</b>", Good: "g", Bad: "b", Steps: []results.BisectStep{
		{Commit: "b", ComparedWith: "g", Verdict: "slower", Metric: results.MetricForwarded, Ratio: 0.9, Low: 0.88, High: 0.92, Rounds: 12},
		{Commit: "abd", ComparedWith: "g", Verdict: "skipped", Why: "it does not build"},
	}})
	page := written(t, f)
	for _, text := range []string{": abc is the first slower commit: more &lt;b&gt;care", "Steps from g to b", "skipped: it does not build"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	for _, name := range []string{"hostile", "machines-hostile"} {
		hostileTextStaysText(t, written(t, fixture.Gallery(t)[name]...))
	}
}

func hostileTextStaysText(t *testing.T, page string) {
	t.Helper()
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts, want that of the page", n)
	}
	for _, markup := range []string{"<img", "onerror=alert(1)>", "</title></script>"} {
		if strings.Contains(page, markup) {
			t.Errorf("the page has %q, not escaped", markup)
		}
	}
}

// TestNothingHalf: what cannot be shown as a whole is not shown in part.
func TestNothingHalf(t *testing.T) {
	f := fixture.Run(t, 1, 2)
	f.Trials[1].LatencyNs.Histogram = "torn"
	var out bytes.Buffer
	if err := Write(&out, f); err == nil || !strings.Contains(err.Error(), "histogram") || out.Len() > 0 {
		t.Errorf("%d bytes, error %v; want none, and one about the histogram", out.Len(), err)
	}
	if err := Write(&out); err == nil {
		t.Error("a page of no file")
	}
}

// TestTenThousandTrials: a page that a browser opens at once, however they are spread over scenarios.
func TestTenThousandTrials(t *testing.T) {
	const most = 5 << 20
	for _, scenarios := range []int{20, 10_000} {
		page := written(t, fixture.ManyTrials(scenarios))
		if len(page) > most {
			t.Errorf("%d scenarios: %d bytes, want at most %d", scenarios, len(page), most)
		}
		if says := strings.Contains(page, "a dot stands for up to"); says != (scenarios < 100) {
			t.Errorf("%d scenarios: the page says that dots stand for several trials: %v", scenarios, says)
		}
		if says := strings.Contains(page, "of 10000 rows"); says != (scenarios > 100) {
			t.Errorf("%d scenarios: the page says that rows are left out: %v", scenarios, says)
		}
	}
}

func TestCommandCanBePasted(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "size=64", "-o", "a.jsonl"}, "tunbench run size=64 -o a.jsonl"},
		{[]string{"check", "--case", "legal/*", "it's"}, `tunbench check --case 'legal/*' 'it'\''s'`},
		{[]string{""}, "tunbench ''"},
	} {
		if got := command(c.args); got != c.want {
			t.Errorf("%q: got %q, want %q", c.args, got, c.want)
		}
	}
}

func TestMatrixOfCases(t *testing.T) {
	var out bytes.Buffer
	err := WriteCases(&out, []results.Case{
		{Setting: "dev=tun/dut=one", Case: "legal/sizes", Outcome: "pass"},
		{Setting: "dev=tun/dut=two", Case: "legal/sizes", Outcome: "fail", Again: "fail", Finding: "lost", Reason: fixture.Hostile},
		{Setting: "dev=tun/dut=one", Case: "hostile/short", Outcome: "n/a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"3 packet-exact cases: 1 passed, 1 failed, 1 not applicable; distrust the program in legal/sizes.", "legal/sizes on setting 2: lost:", "it failed again", "✗ fail", "2 two"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if strings.Count(out.String(), "<script") != 1 {
		t.Error("hostile text is not escaped")
	}
	if out.Reset(); WriteCases(&out, nil) == nil || out.Len() > 0 {
		t.Error("a page of no case")
	}
}

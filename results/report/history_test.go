package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

func historyOf(t testing.TB, files []*results.File) *analysis.History {
	t.Helper()
	h, err := analysis.NewHistory(files, nil, analysis.HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHistoryTable(t *testing.T) {
	h := historyOf(t, fixture.Nights())
	fixture.Golden(t, "history.txt", HistoryTable(h, Options{}))
	fixture.Golden(t, "history.md", HistoryTable(h, Options{Markdown: true}))
	fixture.Golden(t, "history-80.txt", HistoryTable(h, Options{Width: 80}))
	if text := HistoryTable(h, Options{}); strings.Contains(text, "\x1b") {
		t.Error("an escape sequence from a file is printed")
	}
}

// TestHistorySentence: the sentence says what the verdict says.
func TestHistorySentence(t *testing.T) {
	worse := historyOf(t, fixture.Nights())
	if s := HistorySentence(worse); !strings.Contains(s, "forwarder size=64, forwarded pps is") || !strings.Contains(s, "less") {
		t.Error(s)
	}
	steady := historyOf(t, fixture.Nights()[5:14])
	if s := HistorySentence(steady); !strings.HasPrefix(s, "Nothing became worse among") {
		t.Error(s)
	}
	if s := HistorySentence(historyOf(t, fixture.Nights()[:3])); !strings.Contains(s, "no change can be told") {
		t.Error(s)
	}
	nothing := fixture.Nights()[5:14]
	nothing[8].Trials[0].Traffic = results.Traffic{ForwardedPps: new(0.0)}
	if s := HistorySentence(historyOf(t, nothing)); !strings.HasPrefix(s, "In the newest run nothing came through: ") || !strings.Contains(s, "size=64, forwarded pps") {
		t.Error(s)
	}
}

// TestHistorySaysWhatOfARunIsGone: the whole figure, or that of some trials.
func TestHistorySaysWhatOfARunIsGone(t *testing.T) {
	for want, gone := range map[string]analysis.Gone{
		"the newest run has no figure: nothing came through":                         {Nothing: true},
		"the newest run has no figure: its trial failed: it broke":                   {Error: "it broke"},
		"the newest run has no figure: the scenario is not in it":                    {Scenario: true},
		"the newest run has no figure: its trials do not have it":                    {},
		"in the newest run nothing came through in 1 of 3 trials":                    {Nothing: true, Some: 1, Of: 3},
		"in the newest run nothing came through in 1 of 1 trial, as in a run before": {Nothing: true, Before: true, Some: 1, Of: 1},
		"in the newest run 2 of 3 trials failed, or nothing came through: it broke":  {Nothing: true, Error: "it broke", Some: 2, Of: 3},
		"in the newest run 1 of 3 trials failed: it broke":                           {Error: "it broke", Some: 1, Of: 3},
	} {
		if got := goneSentence(gone); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	partly := historyOf(t, fixture.Nights()[5:14])
	partly.Series[0].Gone = &analysis.Gone{Nothing: true, Some: 1, Of: 3}
	if s := HistorySentence(partly); !strings.HasPrefix(s, "In some trials of the newest run nothing came through: ") {
		t.Error(s)
	}
}

// TestHistoryMissesNoOnce: what few runs have measured is counted, and not missed one by one.
func TestHistoryMissesNoOnce(t *testing.T) {
	nights := fixture.Nights()[5:14]
	nights[7].Trials = append(nights[7].Trials, fixture.Forwarding("dut=forwarder/load=max/proto=udp/size=9", 5)...)
	text := strings.Join(HistoryWarnings(historyOf(t, nights)), "\n")
	if strings.Contains(text, "the newest run has no figure") || !strings.Contains(text, "1 series left out: fewer than 8 runs") {
		t.Error(text)
	}
}

// TestHistorySaysWhatIsLeftOut: by name, of many the first.
func TestHistorySaysWhatIsLeftOut(t *testing.T) {
	h := historyOf(t, fixture.Nights())
	h.LeftOut = []analysis.LeftOut{
		{Path: "a\x1b.jsonl", Why: analysis.SlowedOnPurpose},
		{Path: "b", Why: analysis.NothingForHistory},
		{Path: "c", Why: analysis.CommitsOfLongAgo},
		{Path: "d", Why: analysis.CommitsOfLongAgo},
		{Path: "e", Why: analysis.CommitsOfLongAgo},
		{Path: "f", Why: analysis.CommitsOfLongAgo},
	}
	text := strings.Join(HistoryWarnings(h), "\n")
	for _, want := range []string{"\nb: left out: neither", "jsonl: ratios left out: one of the programs was slowed", "c, d, e, and 1 file more: ratios left out: a bisect"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("an escape sequence from a name is printed")
	}
}

func TestHistoryRecord(t *testing.T) {
	h := historyOf(t, fixture.Nights())
	r := HistoryRecord(h, h.Series[0])
	if len(r.Runs) != 24 || len(r.Changes) != 1 || r.Changes[0].Run != 15 || !r.Changes[0].Recent || r.Reference == "" {
		t.Errorf("%+v", r)
	}
	if _, err := results.Encode(r); err != nil {
		t.Error(err)
	}
}

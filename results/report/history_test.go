package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// historyFiles is 24 runs a day apart. From the 15th on the forwarder is a tenth slower, from the 20th on the kernel is another; a second scenario has no reference, a third few runs.
func historyFiles() []*results.File {
	files := make([]*results.File, 24)
	for i := range files {
		host := fixture.Host()
		host.Time = fixture.Start.Add(time.Duration(i) * 24 * time.Hour)
		host.Commit = fmt.Sprintf("%x%032x", 0xabcdef+0x111*i, i)
		machine := 1 + 0.2*math.Sin(float64(i))
		speed := 1 + 0.01*float64(i*7%5)
		if i >= 15 {
			speed *= 0.9
		}
		if i >= 20 {
			host.Kernel = "6.19.0"
		}
		groups := [][]results.Trial{
			fixture.Forwarding("dut=forwarder/load=max/proto=udp/size=64", 1e6*machine*speed),
			fixture.Forwarding("dut=route/load=max/proto=udp/size=64", 4e5*machine),
			fixture.Forwarding("dut=forwarder/load=max/proto=udp/size=1400", 9e5*(1+0.01*float64(i*3%7))),
		}
		if i < 5 {
			groups = append(groups, fixture.Forwarding("dut=\x1b[31mold\n/size=9", 5))
		}
		if i == 23 {
			groups[2][0].Error = "it broke\nbadly"
		}
		files[i] = fixture.FileOfTrials(groups...)
		files[i].Host = host
	}
	return files
}

func historyOf(t testing.TB, files []*results.File) *analysis.History {
	t.Helper()
	h, err := analysis.NewHistory(files, nil, analysis.HistoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHistoryTable(t *testing.T) {
	h := historyOf(t, historyFiles())
	fixture.Golden(t, "history.txt", HistoryTable(h, Options{}))
	fixture.Golden(t, "history.md", HistoryTable(h, Options{Markdown: true}))
	fixture.Golden(t, "history-80.txt", HistoryTable(h, Options{Width: 80}))
	if text := HistoryTable(h, Options{}); strings.Contains(text, "\x1b") {
		t.Error("an escape sequence from a file is printed")
	}
}

// TestHistorySentence: the sentence says what the verdict says.
func TestHistorySentence(t *testing.T) {
	worse := historyOf(t, historyFiles())
	if s := HistorySentence(worse); !strings.Contains(s, "forwarder size=64, forwarded pps is") || !strings.Contains(s, "less") {
		t.Error(s)
	}
	steady := historyOf(t, historyFiles()[5:14])
	if s := HistorySentence(steady); !strings.HasPrefix(s, "Nothing became worse among") {
		t.Error(s)
	}
	if s := HistorySentence(historyOf(t, historyFiles()[:3])); !strings.Contains(s, "no change can be told") {
		t.Error(s)
	}
}

func TestHistoryRecord(t *testing.T) {
	h := historyOf(t, historyFiles())
	r := HistoryRecord(h, h.Series[0])
	if len(r.Runs) != 24 || len(r.Changes) != 1 || r.Changes[0].Run != 15 || !r.Changes[0].Recent || r.Reference == "" {
		t.Errorf("%+v", r)
	}
	if _, err := results.Encode(r); err != nil {
		t.Error(err)
	}
}

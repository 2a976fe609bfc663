package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
	"tunbench/results/report/layout"
)

// TestMarkdownHasWhatTheTerminalHas: the same figures stand in both forms of every table.
func TestMarkdownHasWhatTheTerminalHas(t *testing.T) {
	for _, f := range []*results.File{
		defaultRun(t), troubledRun(t), calibratedRun(t), searchedRun(t), burstRun(), soakedRun(t), comparedRun(t), fixture.File(fixture.Host()),
	} {
		terminal, err := Table(f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		markdown, err := Table(f, Options{Markdown: true})
		if err != nil {
			t.Fatal(err)
		}
		for word := range strings.FieldsSeq(terminal) {
			if strings.Trim(word, "─") != "" && !strings.Contains(markdown, layout.EscapeMarkdown(word)) {
				t.Errorf("%q is missing from\n%s", word, markdown)
			}
		}
		if strings.HasSuffix(markdown, "\n\n") || !strings.HasSuffix(markdown, "\n") || strings.Contains(markdown, "\n\n\n") {
			t.Errorf("blank lines where none belong:\n%q", markdown)
		}
	}
}

// TestMarkdownEscapes: what a file says is text, in paragraphs and cells.
func TestMarkdownEscapes(t *testing.T) {
	f := fixture.File(results.Host{Time: fixture.Start, Hostname: "<b>|*bench*"}, results.End{Status: results.Completed, Trials: 2})
	for _, dut := range []string{"a|b", "<script>"} {
		f.Add(results.Trial{Scenario: "dut=" + dut, Traffic: results.Traffic{ForwardedPps: new(1e6)}})
	}
	got, err := Table(f, Options{Markdown: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`\<b>|\*bench\*`, `| a\|b | 1.00 M |`, `| \<script> | 1.00 M |`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing from\n%s", want, got)
		}
	}
}

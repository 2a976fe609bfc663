package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestBrief: what a program died of is one line, its message and where it was.
func TestBrief(t *testing.T) {
	crash := "the device under test ended: exit status 2: panic: a bug\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x18\n" +
		strings.Repeat("runtime.goexit()\n\t/go/asm.s:1\n", 20)
	const want = "the device under test ended: exit status 2: panic: a bug · goroutine 1 [running]: · main.main() · /src/main.go:7 +0x18 · … 40 more lines in the records"
	for text, want := range map[string]string{
		"": "", "boom": "boom", "a\r\n\x1b[31mb\n": "a · [31mb", crash: want, "1\n2\n3\n4\n5": "1 · 2 · 3 · 4 · 5", "1\n2\n3\n4\n5\n6": "1 · 2 · 3 · 4 · … 2 more lines in the records",
	} {
		if got := Brief(text); got != want {
			t.Errorf("%q is brief as %q, want %q", text, got, want)
		}
	}
	trial := results.Trial{Scenario: "dut=veth", Error: crash}
	for _, form := range []Options{{}, {Markdown: true}} {
		table, err := Table(fixture.File(results.Host{}, trial), form)
		if err != nil || !strings.Contains(table, "panic: a bug") || strings.Contains(table, "goexit") {
			t.Errorf("%v, %v:\n%s", form, err, table)
		}
	}
}

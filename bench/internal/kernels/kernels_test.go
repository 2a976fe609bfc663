package kernels

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/guest"
	"tunbench/results"
)

func TestCommandsOfAGuest(t *testing.T) {
	asked := []Command{
		{Words: []string{"run", "size=64"}, Records: true},
		{Words: []string{"doctor"}},
		{Words: []string{"run", "-o", "mine.jsonl"}},
		{Words: []string{"doctor", "--json"}},
		{Words: []string{"./mine", "-o"}},
	}
	var got []string
	for _, c := range doctorFirst(asked) {
		got = append(got, strings.Join(c.inGuest(), " ")+"|"+c.String())
	}
	want := []string{"doctor --json|doctor", "run size=64 -o results.jsonl|run size=64", "run -o mine.jsonl|run -o mine.jsonl", "./mine -o|./mine -o"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// sampleKernels are one that brought something of everything, and one that is not to be had.
func sampleKernels() []results.Kernel {
	checks := `[{"name":"TUN_F_CSUM","state":"ok","found":"x"},{"name":"BPF and TCX","state":"missing","found":"x"},{"name":"SMT","state":"ok","found":"x"}]`
	ledger := `"intended_pps":2000,"ledger":[{"place":"intended","packets":2000},{"place":"sink","packets":2145}]`
	records := `{"schema":3,"record":"host","time":"2026-01-02T03:04:05Z"}
{"schema":3,"record":"trial","scenario":"size=64","error":"the forwarder ended","dut":{"notes":["tb-7-a:tb0: no USO","tb-7-b:tb0: no USO","engine sync instead of auto"]}}
{"schema":3,"record":"trial","scenario":"size=64",` + ledger + "}\n"
	commands := []Command{{Words: []string{"doctor"}}, {Words: []string{"run", "size=64"}, Records: true}, {Words: []string{"search"}}, {Words: []string{"clean"}}}
	boots := []boot{
		{name: "6.1", pkg: "6.1.192-3 of bookworm", commands: commands, outcome: &guest.Outcome{Release: "6.1.0-57", Emulated: true, Notes: []string{"mount bpf: no"}, Commands: []guest.Command{
			{Words: []string{"doctor", "--json"}, Stdout: []byte(checks), Ended: true},
			{Words: commands[1].inGuest(), Files: map[string][]byte{recordsFile: []byte(records)}, Ended: true, Code: 1},
			{Words: []string{"search"}, Stderr: []byte("warning: x\npanic: nil\n[signal\n"), Ended: true, Code: panicCode},
			{Words: []string{"clean"}},
		}}, err: &guest.BootError{What: "no end within 1m", Console: "Kernel panic"}},
		{name: "7.9", outcome: &guest.Outcome{}, err: &guest.UnsupportedError{Missing: "a package", Remedy: "take another"}},
	}
	return []results.Kernel{boots[0].record(), boots[1].record()}
}

func TestTableSaysWhatWasLackingAndWhatFailed(t *testing.T) {
	table := Table(sampleKernels(), "kept")
	for _, words := range []string{
		"6.1.0-57  emulated  doctor", "with: TUN_F_CSUM\n", "without: BPF and TCX\n", "run size=64  exit 1", "without: tb0: no USO\n", "without: engine sync instead of auto", "→ the forwarder ended", "→ packets unaccounted for: -145",
		"search       panic", "→ panic: nil", "clean        no end", "guest: mount bpf: no", "→ no end within 1m", "→ Kernel panic", "7.9", "→ booting a kernel needs a package: take another",
		"no figure tells how fast anything is", "kept",
	} {
		if !strings.Contains(table, words) {
			t.Errorf("no %q in\n%s", words, table)
		}
	}
	if strings.Count(table, "no USO") != 1 {
		t.Errorf("says the same twice:\n%s", table)
	}
	if strings.Contains(table, "SMT") || strings.Contains(table, recordsFile) {
		t.Errorf("says what nobody asked:\n%s", table)
	}
}

func TestMarkdown(t *testing.T) {
	got := Markdown(sampleKernels())
	want := `|  | 6.1.192 | 7.9 |
|:--|:--|:--|
| CPU | emulated | – |
| BPF and TCX | no | – |
| doctor | ok | – |
| run size=64 | exit 1 | – |
| search | panic | – |
| clean | no end | – |

All have: TUN\_F\_CSUM.

- 6.1.192: without: tb0: no USO
- 6.1.192: without: engine sync instead of auto
- 6.1.192: run size=64: the forwarder ended
- 6.1.192: run size=64: packets unaccounted for: -145
- 6.1.192: search: panic: nil
- 6.1.192: search: \[signal
- 6.1.192: no end within 1m; the console's last lines:
- 7.9: booting a kernel needs a package: take another
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRecordHasItsHost(t *testing.T) {
	var b strings.Builder
	if err := (Run{Lines: &b}).print(sampleKernels()[0]); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{`"record":"kernel"`, `"release":"6.1.0-57"`, `"emulated":true`, `"host":{"time":"2026-01-02T03:04:05Z"`, `"with":["TUN_F_CSUM"]`, `"outcome":"panic"`} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("no %s in %s", words, b.String())
		}
	}
}

func TestVerdict(t *testing.T) {
	ended := func(code int, stderr string) boot {
		return boot{outcome: &guest.Outcome{Commands: []guest.Command{{Ended: true, Code: code, Stderr: []byte(stderr)}}}}
	}
	noEnd := &guest.BootError{What: "no end"}
	stuck := boot{outcome: &guest.Outcome{}, err: noEnd}
	for name, tc := range map[string]struct {
		boots []boot
		want  error
	}{
		"all well":              {[]boot{ended(0, "")}, nil},
		"one cannot":            {[]boot{ended(0, ""), ended(5, "")}, &FailedError{Kernels: 2, Failed: 1, Codes: []int{5}}},
		"one cannot, one fails": {[]boot{ended(1, ""), ended(5, "")}, &FailedError{Kernels: 2, Failed: 2, Codes: []int{1, 5}}},
		"a panic":               {[]boot{ended(2, "warning\npanic: nil\n\ngoroutine 1")}, &FailedError{Kernels: 1, Failed: 1, Panicked: true}},
		"wrong usage":           {[]boot{ended(2, "tunbench: sice=64")}, &FailedError{Kernels: 1, Failed: 1, Codes: []int{2}}},
		"stuck":                 {[]boot{stuck}, &FailedError{Kernels: 1, Failed: 1, Ends: []error{noEnd}}},
	} {
		if diff := cmp.Diff(tc.want, verdict(tc.boots)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestKeep: a folder per command, none for one that never began, and why the kernel did not come to its end.
func TestKeep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), folderName("trixie-backports:6.1"))
	b := boot{err: &guest.BootError{What: "no end"}, outcome: &guest.Outcome{Commands: []guest.Command{
		{Words: []string{"doctor", "--json"}, Stdout: []byte("[]"), Ended: true},
		{Words: []string{"./mine"}, Stderr: []byte("what?"), Files: map[string][]byte{"a/b": []byte("c")}, Ended: true, Code: 1},
		{Words: []string{"clean"}},
	}}}
	if err := b.keep(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"0-doctor/stdout": "[]", "1-mine/stderr": "what?", "1-mine/a/b": "c"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "error")); err != nil || !strings.Contains(string(text), "no end") {
		t.Errorf("error: %q, %v", text, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("kept %v, %v", entries, err)
	}
}

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/guest"
	"tunbench/results"
	"tunbench/results/report"
)

func TestKernelsWrongUsage(t *testing.T) {
	for args, says := range map[string][]string{
		"kernels":                             {"6.1,6.12", "--kernel"},
		"kernels 6":                           {"6", "trixie-backports"},
		"kernels 6.1,,6.12":                   {`""`},
		"kernels Trixie:6.1":                  {"Trixie:6.1"},
		"kernels 6.1 --accel hvf":             {"--accel hvf", "tcg"},
		"kernels 6.1 --timeout 0s":            {"--timeout"},
		"kernels --modules x":                 {"--kernel"},
		"kernels 6.1 --kernel x":              {"6.1", "--kernel"},
		"kernels 6.1 --":                      {"--", "run size=64"},
		"kernels 6.1 -- run -- -- doctor":     {"--"},
		"kernels 6.1 -- walk":                 {"walk"},
		"kernels 6.1 -- kernels 6.1":          {"kernels"},
		"kernels 6.1 -- run -n abc":           {"-n abc"},
		"kernels 6.1 -- run -- run --presett": {"--presett"},
	} {
		code, stdout, stderr := tunbench(t, strings.Fields(args)...)
		if code != exitUsage || stdout != "" {
			t.Errorf("%s: exit code %d, want %d: %s%s", args, code, exitUsage, stdout, stderr)
		}
		for _, word := range says {
			if !strings.Contains(stderr, word) {
				t.Errorf("%s: %q does not mention %q", args, strings.TrimSpace(stderr), word)
			}
		}
	}
}

func TestKernelsNamesWhatIsMissing(t *testing.T) {
	cmd, stdout, stderr := command(t, "kernels", "6.1")
	cmd.Env = append(cmd.Env, "PATH="+t.TempDir())
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitUnsupported || !strings.Contains(stderr.String(), "qemu-system-x86") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

func TestWordsArePartedAtDashes(t *testing.T) {
	lists, commands := splitAtDash(strings.Fields("6.1 6.12 run size=64 -- doctor"), 2)
	if strings.Join(lists, ",") != "6.1,6.12" || len(commands) != 2 || strings.Join(commands[0], " ") != "run size=64" || commands[1][0] != "doctor" {
		t.Errorf("%q %q", lists, commands)
	}
	if lists, commands = splitAtDash([]string{"6.1"}, -1); len(lists) != 1 || commands != nil {
		t.Errorf("%q %q", lists, commands)
	}
}

func TestRecordsOfAGuestAreKept(t *testing.T) {
	con := &console{}
	commands, err := con.guestCommands([][]string{{"doctor"}, {"run", "size=64"}, {"run", "-o", "mine.jsonl"}, {"clean"}, {"forward", "--help"}, {"./mine", "-o"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, words := range commands {
		got = append(got, strings.Join(words, " ")+"|"+asAsked(words))
	}
	want := "doctor --json|doctor\nrun size=64 -o results.jsonl|run size=64\nrun -o mine.jsonl|run -o mine.jsonl\nclean|clean\nforward --help|forward --help\n./mine -o|./mine -o"
	if strings.Join(got, "\n") != want {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// sampleKernels are one that brought something of everything, and one that is not to be had.
func sampleKernels() []results.Kernel {
	checks := `[{"name":"TUN_F_CSUM","state":"ok","found":"x"},{"name":"BPF and TCX","state":"missing","found":"x"},{"name":"SMT","state":"ok","found":"x"}]`
	ledger := `"intended_pps":2000,"ledger":[{"place":"intended","packets":2000},{"place":"sink","packets":2145}]`
	records := `{"schema":3,"record":"host","time":"2026-01-02T03:04:05Z"}
{"schema":3,"record":"trial","scenario":"size=64","error":"the forwarder ended","dut":{"notes":["tb-7-a:tb0: no USO","tb-7-b:tb0: no USO","engine sync instead of auto"]}}
{"schema":3,"record":"trial","scenario":"size=64",` + ledger + "}\n"
	rows := []kernelRow{
		{Name: "6.1", Package: "6.1.192-3 of bookworm", Outcome: &guest.Outcome{Release: "6.1.0-57", Emulated: true, Notes: []string{"mount bpf: no"}, Commands: []guest.Command{
			{Words: []string{"doctor", "--json"}, Stdout: []byte(checks), Ended: true},
			{Words: append([]string{"run", "size=64"}, added...), Files: map[string][]byte{recordsFile: []byte(records)}, Ended: true, Code: exitFailure},
			{Words: []string{"search"}, Stderr: []byte("warning: x\npanic: nil\n[signal\n"), Ended: true, Code: exitUsage},
			{Words: []string{"clean"}},
		}}, Err: &guest.BootError{What: "no end within 1m", Console: "Kernel panic"}},
		{Name: "7.9", Outcome: &guest.Outcome{}, Err: &guest.UnsupportedError{Missing: "a package", Remedy: "take another"}},
	}
	return []results.Kernel{rows[0].record(), rows[1].record()}
}

func TestTableSaysWhatWasLackingAndWhatFailed(t *testing.T) {
	var b strings.Builder
	if err := (&console{stdout: &b}).printKernels(sampleKernels(), "kept"); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{
		"6.1.0-57  emulated  doctor", "with: TUN_F_CSUM\n", "without: BPF and TCX\n", "run size=64  exit 1", "without: tb0: no USO\n", "without: engine sync instead of auto", "→ the forwarder ended", "→ packets unaccounted for: -145",
		"search       panic", "→ panic: nil", "clean        no end", "guest: mount bpf: no", "→ no end within 1m", "→ Kernel panic", "7.9", "→ booting a kernel needs a package: take another",
		"no figure tells how fast anything is", "kept",
	} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("no %q in\n%s", words, b.String())
		}
	}
	if strings.Count(b.String(), "no USO") != 1 {
		t.Errorf("says the same twice:\n%s", b.String())
	}
	if strings.Contains(b.String(), "SMT") || strings.Contains(b.String(), recordsFile) {
		t.Errorf("says what nobody asked:\n%s", b.String())
	}
}

func TestKernelsAsMarkdown(t *testing.T) {
	got := kernelsMarkdown(sampleKernels())
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

func TestKernelRecordHasItsHost(t *testing.T) {
	var b strings.Builder
	if err := (&console{stdout: &b}).printKernelRecord(kernelsOptions{json: true}, sampleKernels()[0]); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{`"record":"kernel"`, `"release":"6.1.0-57"`, `"emulated":true`, `"host":{"time":"2026-01-02T03:04:05Z"`, `"with":["TUN_F_CSUM"]`, `"outcome":"panic"`} {
		if !strings.Contains(b.String(), words) {
			t.Errorf("no %s in %s", words, b.String())
		}
	}
}

func TestKernelsVerdict(t *testing.T) {
	ended := func(code int, stderr string) kernelRow {
		return kernelRow{Outcome: &guest.Outcome{Commands: []guest.Command{{Ended: true, Code: code, Stderr: []byte(stderr)}}}}
	}
	stuck := kernelRow{Outcome: &guest.Outcome{}, Err: &guest.BootError{What: "no end"}}
	for name, tc := range map[string]struct {
		rows []kernelRow
		want int
	}{
		"all well":              {[]kernelRow{ended(0, "")}, exitSuccess},
		"one cannot":            {[]kernelRow{ended(0, ""), ended(5, "")}, exitUnsupported},
		"one cannot, one fails": {[]kernelRow{ended(1, ""), ended(5, "")}, exitFailure},
		"a panic":               {[]kernelRow{ended(2, "warning\npanic: nil\n\ngoroutine 1")}, exitFailure},
		"wrong usage":           {[]kernelRow{ended(2, "tunbench: sice=64")}, exitUsage},
		"stuck":                 {[]kernelRow{ended(5, ""), stuck}, exitFailure},
		"no such package":       {[]kernelRow{{Outcome: &guest.Outcome{}, Err: &guest.UnsupportedError{}}}, exitUnsupported},
	} {
		if got := exitCode(kernelsVerdict(tc.rows)); got != tc.want {
			t.Errorf("%s: exit code %d, want %d", name, got, tc.want)
		}
	}
}

func TestEmulatedHostIsMarked(t *testing.T) {
	file := &results.File{Host: results.Host{Time: time.Now(), Kernel: "6.1", Emulated: true}}
	table, err := report.Table(file, report.Options{})
	if err != nil || !strings.Contains(strings.Split(table, "\n")[0], "emulated") {
		t.Errorf("header does not say emulated: %v\n%s", err, table)
	}
}

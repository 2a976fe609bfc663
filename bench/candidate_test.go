package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/dut/forward"
)

// candidates are programs to be judged, by the names of links to this test binary. Each ends the process.
var candidates = map[string]func(){
	"lossall": func() { serveDeaf(func() bool { return true }) },
	"third":   func() { serveDeaf(everyThirdRound) },
	"crash":   func() { panic("a bug in this commit") },
	"refuse":  func() { os.Exit(7) },
}

// candidate is the path of one of them.
func candidate(t *testing.T, name string) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(own, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// deaf has everything that a forwarder has and moves no packet.
type deaf struct{ forward.Program }

func (deaf) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// serveDeaf is a forwarder that may be deaf from its beginning on.
func serveDeaf(isDeaf func() bool) {
	err := serveHarness(context.Background(), func(o forward.Options) (forward.Program, error) {
		program, err := forward.Forwarder(o)
		if err == nil && isDeaf() {
			program = deaf{program}
		}
		return program, err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// countFile names the file in which everyThirdRound counts.
const countFile = "TUNBENCH_TEST_COUNT_FILE"

// everyThirdRound is true in both trials that an arm has of each third round. The trial before the first round is the warm-up of the series.
func everyThirdRound() bool {
	path := os.Getenv(countFile)
	text, _ := os.ReadFile(path) // not there in the first trial
	n, _ := strconv.Atoi(string(text))
	if err := os.WriteFile(path, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
		panic(err)
	}
	return n > 0 && (n-1)/2%3 == 0
}

// onlyPps are thresholds that leave out what a busy machine makes inconclusive.
const onlyPps = `metrics:
  forwarded_pps: {margin: 5%}
  delivered_ratio: {required: false}
  latency_ns.p50: {required: false}
  cpu.dut_ns_per_packet: {required: false}
`

// judging adds the words for a short series that both gate and ab understand.
func judging(rounds int, args ...string) []string {
	n := itoa(rounds)
	return slices.Concat(args, []string{"-n", n, "--min-rounds", n}, strings.Fields(briefly))
}

// TestCandidateThatForwardsNothing: H1. Neither in a third of the rounds nor in all may it pass, or be left to a noisy machine. No figure
// of speed counts, and most of the time is waiting for packets that never come: others can use it.
func TestCandidateThatForwardsNothing(t *testing.T) {
	needRoot(t)
	t.Parallel()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	thresholds := filepath.Join(t.TempDir(), "only-pps.yaml")
	if err := os.WriteFile(thresholds, []byte(onlyPps), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args   []string
		rounds int
		says   []string // on standard output
	}{
		"A, in a third of the rounds": {
			[]string{"gate", "--baseline", own, "--candidate", candidate(t, "third"), "--thresholds", thresholds},
			9,
			[]string{
				"gate: failed: worse: 1 of 1 required figures", "brought nothing through where the baseline did", "it brought nothing through in 3 of 9 rounds",
				"rounds 1, 4, 7: B had nothing",
			},
		},
		"B, in all": {
			[]string{"gate", "--baseline", own, "--candidate", candidate(t, "lossall")},
			2,
			[]string{"gate: failed: worse: 2 of ", "forwarded pps: B is worse, it brought nothing through in 2 of 2 rounds", "delivered %: B is worse", "latency p50 µs: inconclusive, none of 2 rounds has a ratio"},
		},
		"C, of ab": {
			[]string{"ab", "b:binary=" + candidate(t, "lossall")},
			2,
			[]string{"forwarded pps: B is worse, it brought nothing through in 2 of 2 rounds where A did (100.0 % less)", "rounds 1, 2 without a ratio: A had a figure, B no figure"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			cmd, out, errOut := command(t, judging(test.rounds, test.args...)...)
			cmd.Env = append(cmd.Env, countFile+"="+filepath.Join(t.TempDir(), "count"))
			code := toItsEnd(t, cmd)
			stdout, stderr := out.String(), errOut.String()
			if code != exitRegression || !strings.Contains(stderr, "worse than before") {
				t.Errorf("exit code %d after %v: %s", code, time.Since(begin), stderr)
			}
			for _, word := range test.says {
				if !strings.Contains(stdout, word) {
					t.Errorf("%q is missing from\n%s", word, stdout)
				}
			}
		})
	}
}

// TestCandidateThatCrashes: H2. It is a failure, and reports have its message and not its stacks.
func TestCandidateThatCrashes(t *testing.T) {
	needRoot(t)
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, markdown, junit := filepath.Join(dir, "gate.jsonl"), filepath.Join(dir, "gate.md"), filepath.Join(dir, "gate.xml")
	code, stdout, stderr := tunbench(t, judging(2, "gate", "--baseline", own, "--candidate", candidate(t, "crash"), "-o", file, "--markdown", markdown, "--junit", junit)...)
	if code != exitFailure || !strings.Contains(stderr, "the candidate failed where the baseline does not") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	for form, text := range map[string]string{"the terminal": stdout, markdown: contents(t, markdown), junit: contents(t, junit)} {
		if !strings.Contains(text, "a bug in this commit") || strings.Contains(text, "goexit") {
			t.Errorf("%s says\n%s", form, text)
		}
	}
	if !strings.Contains(contents(t, junit), `errors="1"`) || !strings.Contains(contents(t, markdown), "failed: the candidate fails where the baseline does not, in 1 scenario") {
		t.Errorf("%s\n%s", contents(t, junit), contents(t, markdown))
	}
	if f := readBack(t, file); len(f.Gates) != 1 || f.Gates[0].Verdict != "failed" || len(f.Gates[0].Reasons) == 0 {
		t.Errorf("recorded %+v", f.Gates)
	}
	if code, again, _ := tunbench(t, "report", file); code != exitSuccess || again != stdout {
		t.Errorf("report prints\n%s\nnot\n%s", again, stdout)
	}
	// The other way round nobody can tell.
	code, stdout, stderr = tunbench(t, judging(2, "gate", "--baseline", candidate(t, "refuse"), "--candidate", own)...)
	if code != exitInconclusive || !strings.Contains(stdout, "a trial of the baseline failed in 1 scenario") {
		t.Errorf("exit code %d: %s%s", code, stderr, stdout)
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

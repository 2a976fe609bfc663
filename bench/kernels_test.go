package main

import (
	"strings"
	"testing"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/kernels"
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
	for i, want := range []bool{false, true, false, false, false, false} {
		if commands[i].Records != want {
			t.Errorf("%s: records are kept: %v, want %v", commands[i], commands[i].Records, want)
		}
	}
}

func TestKernelsCode(t *testing.T) {
	noEnd, noPackage := &guest.BootError{What: "no end"}, &guest.UnsupportedError{}
	for name, tc := range map[string]struct {
		failed kernels.FailedError
		want   int
	}{
		"one cannot":            {kernels.FailedError{Codes: []int{5}}, exitUnsupported},
		"one cannot, one fails": {kernels.FailedError{Codes: []int{1, 5}}, exitFailure},
		"a panic":               {kernels.FailedError{Panicked: true}, exitFailure},
		"wrong usage":           {kernels.FailedError{Codes: []int{2}}, exitUsage},
		"stuck":                 {kernels.FailedError{Codes: []int{5}, Ends: []error{noEnd}}, exitFailure},
		"no such package":       {kernels.FailedError{Ends: []error{noPackage}}, exitUnsupported},
		"a program's own code":  {kernels.FailedError{Codes: []int{77}}, exitFailure},
	} {
		if got := exitCode(&tc.failed); got != tc.want {
			t.Errorf("%s: exit code %d, want %d", name, got, tc.want)
		}
	}
}

package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/results"
)

// beTunbench makes this test binary the command itself: tests start it as a
// process, and it starts itself again as the forwarder.
const beTunbench = "TUNBENCH_TEST_BE_TUNBENCH"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == pingName {
		pingAndExit()
	}
	if words := os.Getenv(beConfined); words != "" {
		confineAndExec(words)
	}
	if be := candidates[filepath.Base(os.Args[0])]; be != nil {
		be()
	}
	if os.Getenv(beTunbench) != "" {
		main()
	}
	signalsReachChildren()
	if err := flag.Set("test.parallel", waiters); err != nil { // what go test is given still goes first
		panic(err)
	}
	os.Exit(m.Run())
}

// signalsReachChildren lets processes that tests start begin with the usual signals, also where the tests run by nohup(1) or as a background
// job of a script: what is ignored here would be ignored there, what is caught is not.
func signalsReachChildren() {
	for _, s := range []os.Signal{unix.SIGHUP, unix.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// waiters is how many of the parallel tests run at once, also on one CPU: they judge no
// speed and wait for most of their time, for patience to end or the kernel to take down
// what they had.
const waiters = "6"

// command prepares tunbench as a process of its own.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(program, args...)
	cmd.Env = append(os.Environ(), beTunbench+"=1")
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// patience is how long a test waits for anything: far longer than the slowest machine
// takes, so that only what never happens fails. A command that is still there then is
// asked for the stacks of its goroutines, which end in standard error.
const patience = 10 * time.Minute

// tunbench runs the command to its end.
func tunbench(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd, out, errOut := command(t, args...)
	return toItsEnd(t, cmd), out.String(), errOut.String()
}

// toItsEnd runs a command that was prepared and returns its exit code.
func toItsEnd(t *testing.T, cmd *exec.Cmd) (code int) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() {
		t.Errorf("%v: still there after %v", cmd.Args[1:], patience)
		_ = cmd.Process.Signal(unix.SIGQUIT)
	})
	defer late.Stop()
	err := cmd.Wait()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
}

// measured runs `tunbench run --json` without calibration and returns its trials;
// none may have failed.
func measured(t *testing.T, words ...string) []results.Trial {
	t.Helper()
	return trialsOf(t, append([]string{"run", "--json", "--no-calibration"}, words...)...)
}

// trialsOf runs a command that prints records and returns the trials; none may have
// failed.
func trialsOf(t *testing.T, args ...string) []results.Trial {
	t.Helper()
	code, stdout, stderr := tunbench(t, args...)
	file, err := results.Read(strings.NewReader(stdout))
	if err != nil {
		t.Fatalf("standard output is not a result file: %v\n%s", err, stderr)
	}
	if code != exitSuccess {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	if file.End == nil || file.End.Status != results.Completed || file.End.Trials != len(file.Trials) {
		t.Errorf("end record %+v after %d trials", file.End, len(file.Trials))
	}
	return file.Trials
}

// namespacesOf lists the namespaces of one tunbench process that still have a name.
func namespacesOf(t *testing.T, pid string) []string {
	t.Helper()
	names, err := filepath.Glob("/run/netns/tb-" + pid + "-*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// alive reports whether a process exists and is not a zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return unix.Kill(pid, 0) == nil && !strings.HasPrefix(rest, "Z")
}

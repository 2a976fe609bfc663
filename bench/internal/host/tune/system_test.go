package tune

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/hosttest"
)

// TestIrqbalanceIsPaused: a real process of that name stops, and goes on after the reset.
func TestIrqbalanceIsPaused(t *testing.T) {
	t.Parallel()
	root := hosttest.Lay(t, nil)
	cmd := exec.Command("sleep", "600")
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "irqbalance")
	if err := exec.Command("cp", "-L", sleep, program).Run(); err != nil {
		t.Fatal(err)
	}
	cmd.Path = program
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		if !ended {
			ended = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(end)
	pid := strconv.Itoa(cmd.Process.Pid)
	for comm := ""; comm != "irqbalance\n"; time.Sleep(time.Millisecond) { // until exec is through
		text, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			t.Fatal(err)
		}
		comm = string(text)
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/"+pid, filepath.Join(root, "proc", pid)); err != nil {
		t.Fatal(err)
	}
	tuner := tunerOf(root)
	is := func(want string) {
		t.Helper()
		places := processes(tuner.Machine, "irqbalance")
		if len(places) != 1 {
			t.Fatalf("found %v", places)
		}
		if got, err := places[0].read(); err != nil || got != want {
			t.Errorf("the process is %s, %v; want %s", got, err, want)
		}
	}
	is(running)
	mustTune(t, tuner)
	is(paused)
	mustTune(t, tuner)
	if did := mustReset(t, tuner); len(did) != 1 || did[0].State != Restored {
		t.Errorf("reset: %+v", did)
	}
	is(running)

	mustTune(t, tuner)
	end()
	if did := mustReset(t, tuner); len(did) != 1 || did[0].State != Gone {
		t.Errorf("reset after its end: %+v", did)
	}
}

// TestRealSysctls turns those of this kernel, and puts them back. Its machine has nothing else: no other setting and no process of this host is touched.
func TestRealSysctls(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may set them")
	}
	lock, err := os.Open("/proc/sys/vm/stat_interval") // one test at a time on this host
	if err != nil {
		t.Skipf("this kernel has none: %v", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(root, "proc"), 0o755), os.Symlink("/proc/sys", filepath.Join(root, "proc/sys"))); err != nil {
		t.Fatal(err)
	}
	tuner := &Tuner{Machine: host.Machine{Root: root}, Journal: filepath.Join(t.TempDir(), "tune.journal")}
	before := map[string]string{}
	for _, k := range Knobs() {
		if strings.Contains(k.Name, ".") {
			before[k.Name], _ = tuner.Machine.Sysctl(k.Name)
		}
	}
	settings, err := tuner.Tune()
	if errors.Is(err, host.ErrCannot) {
		t.Skipf("this host does not let root do it: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = tuner.Reset() })
	for _, s := range settings {
		if value, known := before[s.Knob]; known && s.State == Set {
			if got, _ := tuner.Machine.Sysctl(s.Knob); got != s.Now || s.Was != value {
				t.Errorf("%+v: it was %s, is %s", s, value, got)
			}
		}
	}
	mustReset(t, tuner)
	for name, value := range before {
		if got, _ := tuner.Machine.Sysctl(name); got != value {
			t.Errorf("%s is %q after the reset, was %q", name, got, value)
		}
	}
}

// TestWithoutTheRight: nothing is set, not even what the user may set, and the error says that this user cannot.
func TestWithoutTheRight(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make files that another user may not write")
	}
	for name, folder := range map[string]os.FileMode{"no journal": 0o755, "journal": 0o777} {
		t.Run(name, func(t *testing.T) {
			root := hosttest.Lay(t, untuned())
			if err := errors.Join(
				os.MkdirAll(filepath.Join(root, "run/tunbench"), 0o755),
				os.Chmod(filepath.Join(root, "run/tunbench"), folder),
				os.Chmod(filepath.Dir(root), 0o755), os.Chmod(root, 0o755),
				os.Chmod(filepath.Join(root, cpufreq+"boost"), 0o666),
			); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("/proc/self/exe", "tune", root)
			cmd.Env = append(os.Environ(), killedAt+"=0")
			const nobody = 65534
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != cannot || !strings.Contains(string(out), "run as root") {
				t.Errorf("%v: %s", err, out)
			}
			as(t, root, untuned())
		})
	}
}

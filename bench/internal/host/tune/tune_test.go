package tune

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

// killedAt is the step at which this binary, as a child of the test, kills itself.
const killedAt = "TUNE_TEST_KILLED_AT"

func TestMain(m *testing.M) {
	if os.Getenv(killedAt) != "" {
		os.Exit(child(os.Args[1], os.Args[2], os.Getenv(killedAt)))
	}
	os.Exit(m.Run())
}

// cannot is the exit code of a child that lacks the right.
const cannot = 5

// child tunes or resets the machine at root and dies at a step; it returns if there are fewer.
func child(what, root, at string) int {
	left, err := strconv.Atoi(at)
	if err != nil {
		return 2
	}
	t := tunerOf(root)
	t.step = func() {
		loseGovernor(root)
		if left--; left == 0 {
			_ = unix.Kill(unix.Getpid(), unix.SIGKILL)
			select {}
		}
	}
	if what == "tune" {
		_, err = t.Tune()
	} else {
		_, err = t.Reset()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, host.ErrCannot) {
			return cannot
		}
		return 1
	}
	return 0
}

// loseGovernor does what the kernel does with the settings of the first policy's governor: they go with it, and begin anew.
func loseGovernor(root string) {
	policy := filepath.Join(root, cpufreq+"policy0")
	governor, err := os.ReadFile(filepath.Join(policy, "scaling_governor"))
	if err != nil {
		return // a machine without
	}
	settings := filepath.Join(policy, "schedutil")
	if string(governor) != "schedutil" {
		err = os.RemoveAll(settings)
	} else if _, missing := os.Stat(settings); missing != nil {
		err = errors.Join(os.Mkdir(settings, 0o755), os.WriteFile(filepath.Join(settings, "rate_limit_us"), []byte("1000"), 0o644))
	}
	if err != nil {
		panic(err)
	}
}

// losing is a tuner of a machine whose kernel loses the settings of a governor.
func losing(root string) *Tuner {
	t := tunerOf(root)
	t.step = func() { loseGovernor(root) }
	return t
}

// files are a machine's, relative to its root.
type files map[string]string

// untuned has something to set in every knob, the first policy with settings of its governor.
func untuned() files {
	return files{
		cpufreq + "policy0/scaling_governor":               "schedutil",
		cpufreq + "policy0/schedutil/rate_limit_us":        "500",
		cpufreq + "policy1/scaling_governor":               "powersave",
		cpufreq + "policy2/scaling_governor":               "userspace",
		cpufreq + "policy3/scaling_governor":               "performance",
		cpufreq + "boost":                                  "1",
		"sys/devices/system/cpu/intel_pstate/no_turbo":     "0",
		"proc/sys/kernel/timer_migration":                  "1",
		"proc/sys/kernel/numa_balancing":                   "1",
		"proc/sys/kernel/nmi_watchdog":                     "1",
		"proc/sys/vm/stat_interval":                        "1",
		"proc/sys/net/core/bpf_jit_enable":                 "0",
		hugePages + "enabled":                              "never",
		hugePages + "khugepaged/defrag":                    "1",
		"proc/sys/kernel/random/boot_id":                   "this boot",
		"proc/sys/kernel/randomize_va_space":               "2",
		"sys/devices/system/cpu/cpufreq/policy0/unrelated": "7",
	}
}

func lay(t *testing.T, layout files) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range layout {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func tunerOf(root string) *Tuner {
	return &Tuner{Machine: host.Machine{Root: root}, Journal: filepath.Join(root, "run/tunbench/tune.journal")}
}

// state is every file of the machine, the journal among them.
func state(t *testing.T, root string) files {
	t.Helper()
	all := files{}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		all[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// as fails unless the machine has these files and no other.
func as(t *testing.T, root string, want files) {
	t.Helper()
	if got := state(t, root); !maps.Equal(got, want) {
		t.Errorf("the machine has %v, want %v", got, want)
	}
}

func mustTune(t *testing.T, tuner *Tuner) []Setting {
	t.Helper()
	settings, err := tuner.Tune()
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func mustReset(t *testing.T, tuner *Tuner) []Setting {
	t.Helper()
	settings, err := tuner.Reset()
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestTuneSetsWhatItSaysAndResetUndoesIt(t *testing.T) {
	root := lay(t, untuned())
	tuner := tunerOf(root)
	planned := tuner.Plan()
	as(t, root, untuned())
	done := mustTune(t, tuner)
	if !slices.Equal(planned, done) {
		t.Errorf("a plan of %v became %v", planned, done)
	}
	want := untuned()
	for _, s := range done {
		if s.State == Set {
			want[strings.TrimPrefix(s.Place, "/")] = s.Now
		}
	}
	got := state(t, root)
	delete(got, "run/tunbench/tune.journal")
	if !maps.Equal(got, want) {
		t.Errorf("tune said %v and made %v", want, got)
	}
	some := files{
		cpufreq + "policy0/scaling_governor": "performance", cpufreq + "policy2/scaling_governor": "userspace", cpufreq + "boost": "0",
		"sys/devices/system/cpu/intel_pstate/no_turbo": "1", "proc/sys/vm/stat_interval": "10", hugePages + "enabled": "madvise",
	}
	for name, value := range some {
		if got[name] != value {
			t.Errorf("%s is %s, want %s", name, got[name], value)
		}
	}
	status, err := tuner.Status()
	if err != nil || status == nil || status.Changes != 11 || status.Undone != 0 {
		t.Errorf("status %+v, %v; want 11 changes", status, err)
	}
	for _, s := range mustReset(t, tuner) {
		if s.State != Restored {
			t.Errorf("reset: %+v, want it restored", s)
		}
	}
	as(t, root, untuned())
	if again := mustReset(t, tuner); again != nil {
		t.Errorf("a second reset did %v", again)
	}
}

// TestKilledAtEveryStep: whatever was killed where, a reset restores every value; also one that was killed itself, and
// after a second tune.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	killed := func(root, what string, at int) bool {
		cmd := exec.Command("/proc/self/exe", what, root)
		cmd.Env = append(os.Environ(), killedAt+"="+strconv.Itoa(at))
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("%s: %v: %s", what, err, out)
		}
		return err != nil
	}
	const most = 50
	steps := 0
	for at := 1; ; at++ {
		root := lay(t, untuned())
		if !killed(root, "tune", at) {
			break
		}
		steps++
		if status, err := tunerOf(root).Status(); err != nil || status == nil || status.Undone != status.Changes-(at-1) {
			t.Errorf("killed at step %d: status %+v, %v", at, status, err)
		}
		if at%2 == 0 {
			mustTune(t, losing(root)) // must not take what is half set for what was
		}
		killed(root, "reset", 1+at%5)
		mustReset(t, losing(root))
		as(t, root, untuned())
		if at > most {
			t.Fatalf("no end after %d steps", at)
		}
	}
	if steps != 12 { // the journal, and 11 changes
		t.Errorf("tune took %d steps, want 12", steps)
	}
}

// TestTuneTwice: the values before the first one are restored.
func TestTuneTwice(t *testing.T) {
	root := lay(t, untuned())
	tuner := tunerOf(root)
	mustTune(t, tuner)
	if err := os.WriteFile(filepath.Join(root, cpufreq+"policy0/scaling_governor"), []byte("powersave"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustTune(t, tuner)
	mustReset(t, tuner)
	as(t, root, untuned())
}

// TestFailureRollsBack: a machine whose knob fails in the middle is as before, and so is the journal.
func TestFailureRollsBack(t *testing.T) {
	const (
		name  = "proc/sys/kernel/timer_migration"
		fixed = "/proc/sys/kernel/cap_last_cap" // that the kernel lets nobody set
	)
	value, err := os.ReadFile(fixed)
	if err != nil {
		t.Fatal(err)
	}
	for _, tuned := range []bool{false, true} {
		layout := untuned()
		layout[name] = string(value)
		root := lay(t, layout)
		tuner := tunerOf(root)
		if tuned { // all but that knob, and one is turned back since
			place := filepath.Join(root, name)
			if err := os.Remove(place); err != nil {
				t.Fatal(err)
			}
			mustTune(t, tuner)
			if err := os.WriteFile(place, value, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, cpufreq+"boost"), []byte("1"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		before := state(t, root)
		steps := 0
		tuner.step = func() {
			if steps++; steps > 1 {
				return
			}
			place := filepath.Join(root, name)
			if err := errors.Join(os.Remove(place), os.Symlink(fixed, place)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tuner.Tune(); err == nil || !strings.Contains(err.Error(), name) {
			t.Fatalf("tune of a knob that cannot be turned: %v", err)
		}
		if steps < 2 {
			t.Error("it failed before anything was set")
		}
		delete(before, name) // a link now
		as(t, root, before)
	}
}

// TestOthersChangesStay: what somebody set after tune is not undone, and is said.
func TestOthersChangesStay(t *testing.T) {
	root := lay(t, files{"proc/sys/vm/stat_interval": "1", "proc/sys/kernel/timer_migration": "1"})
	tuner := tunerOf(root)
	mustTune(t, tuner)
	if err := os.WriteFile(filepath.Join(root, "proc/sys/vm/stat_interval"), []byte("30"), 0o644); err != nil {
		t.Fatal(err)
	}
	settings := mustReset(t, tuner)
	if len(settings) != 2 || settings[0].State != Left || !strings.Contains(settings[0].Note, "it was 1 before") || settings[1].State != Restored {
		t.Errorf("reset: %+v", settings)
	}
	as(t, root, files{"proc/sys/vm/stat_interval": "30", "proc/sys/kernel/timer_migration": "1"})
}

// TestGovernorSettingsReturn: the kernel forgets them with the governor.
func TestGovernorSettingsReturn(t *testing.T) {
	root := lay(t, untuned())
	tuner := losing(root)
	mustTune(t, tuner)
	if _, err := os.Stat(filepath.Join(root, cpufreq+"policy0/schedutil")); err == nil {
		t.Fatal("this machine keeps the settings of a governor")
	}
	mustReset(t, tuner)
	as(t, root, untuned())
}

// TestOthersTiedChangesStay: a value that the kernel changed with a knob is restored, one that somebody set after tune is not, and that is said.
func TestOthersTiedChangesStay(t *testing.T) {
	const governor, preference = cpufreq + "policy0/scaling_governor", cpufreq + "policy0/energy_performance_preference"
	layout := files{governor: "powersave", preference: "balance_performance"}
	for name, test := range map[string]struct {
		since, want string // what somebody sets; "" is nothing
		settings    int    // that reset speaks of
	}{
		"nobody":      {"", "balance_performance", 1},
		"as before":   {"balance_performance", "balance_performance", 1},
		"another one": {"power", "power", 2},
	} {
		t.Run(name, func(t *testing.T) {
			root := lay(t, layout)
			put := func(file, value string) {
				if err := os.WriteFile(filepath.Join(root, file), []byte(value), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tuner := tunerOf(root)
			tuner.step = func() { // as intel_pstate does
				if now := state(t, root)[governor]; now == "performance" {
					put(preference, "performance")
				}
			}
			mustTune(t, tuner)
			if got := state(t, root)[preference]; got != "performance" {
				t.Fatalf("this machine keeps the preference: %s", got)
			}
			if test.since != "" {
				put(preference, test.since)
			}
			tuner.step = func() { // when the governor is back, and before what is tied to it
				put(preference, "default")
				tuner.step = nil
			}
			settings := mustReset(t, tuner)
			left := slices.DeleteFunc(slices.Clone(settings), func(s Setting) bool { return s.State == Restored })
			if len(settings) != test.settings || len(left) != test.settings-1 {
				t.Errorf("reset: %+v", settings)
			}
			for _, s := range left {
				if s.State != Left || s.Place != "/"+preference || !strings.Contains(s.Note, "it was balance_performance before") {
					t.Errorf("left: %+v", s)
				}
			}
			want := maps.Clone(layout)
			want[preference] = test.want
			as(t, root, want)
		})
	}
}

// TestReadOnlyKnobIsLeft: what the kernel lets nobody set is said and is no error.
func TestReadOnlyKnobIsLeft(t *testing.T) {
	root := lay(t, files{"proc/sys/kernel/nmi_watchdog": "1"})
	if err := os.Chmod(filepath.Join(root, "proc/sys/kernel/nmi_watchdog"), 0o444); err != nil {
		t.Fatal(err)
	}
	settings := mustTune(t, tunerOf(root))
	i := slices.IndexFunc(settings, func(s Setting) bool { return s.Knob == "kernel.nmi_watchdog" })
	if settings[i].State != Left || settings[i].Note != errReadOnly.Error() {
		t.Errorf("%+v", settings[i])
	}
	as(t, root, files{"proc/sys/kernel/nmi_watchdog": "1"})
}

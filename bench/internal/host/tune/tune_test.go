package tune

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tunbench/bench/internal/host/hosttest"
)

func TestTuneSetsWhatItSaysAndResetUndoesIt(t *testing.T) {
	root := hosttest.Lay(t, untuned())
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
		root := hosttest.Lay(t, untuned())
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
	root := hosttest.Lay(t, untuned())
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
		root := hosttest.Lay(t, layout)
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
	root := hosttest.Lay(t, files{"proc/sys/vm/stat_interval": "1", "proc/sys/kernel/timer_migration": "1"})
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
	root := hosttest.Lay(t, untuned())
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
			root := hosttest.Lay(t, layout)
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
	root := hosttest.Lay(t, files{"proc/sys/kernel/nmi_watchdog": "1"})
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

package tune

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/hosttest"
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

type files = hosttest.Files

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

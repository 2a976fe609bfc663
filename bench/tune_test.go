package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTuneAndReset runs the commands in namespaces of their own, where files that nobody else sees lie over every setting of the
// kernel's that is there, and no irqbalance is seen: this host keeps its settings.
func TestTuneAndReset(t *testing.T) {
	needRoot(t)
	t.Parallel()
	scene := t.TempDir()
	for name, text := range map[string]string{
		"one": "1\n", "cpufreq/policy0/scaling_governor": "schedutil\n", "cpufreq/boost": "1\n", "wanted": "0\n", "many": "20\n",
		"on": "1\n", "huge": "always [madvise] never\n",
	} {
		path := filepath.Join(scene, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	script := `
set -eu
mount -t tmpfs tmpfs /run
mount --bind one /proc/sys/kernel/timer_migration
mount --bind many /proc/sys/vm/stat_interval
mount --bind cpufreq /sys/devices/system/cpu/cpufreq
over() { [ ! -e "$2" ] || mount --bind "$1" "$2"; }
over wanted /proc/sys/kernel/numa_balancing
over wanted /proc/sys/kernel/nmi_watchdog
over on /proc/sys/net/core/bpf_jit_enable
over wanted /sys/kernel/mm/transparent_hugepage/khugepaged/defrag
over huge /sys/kernel/mm/transparent_hugepage/enabled
over on /sys/devices/system/cpu/intel_pstate/no_turbo
settings() { for f in /proc/sys/kernel/timer_migration /sys/devices/system/cpu/cpufreq/policy0/scaling_governor /sys/devices/system/cpu/cpufreq/boost; do echo $(cat $f); done; }
before=$(settings)
step() { echo "== $*"; }
step dry; "$T" tune --dry-run; [ "$(settings)" = "$before" ]; [ ! -e /run/tunbench ]
step tune; "$T" tune; settings
step twice; "$T" tune
step doctor; "$T" doctor | grep '^[a-z]* *tune '
step reset; "$T" reset; [ "$(settings)" = "$before" ]; [ -z "$(ls /run/tunbench)" ]
step again; "$T" reset
exec 9<"$T" # another user may not enter its folder
step user; code=0; setpriv --reuid 65534 --clear-groups /proc/self/fd/9 tune || code=$?; echo "code $code"; [ "$(settings)" = "$before" ]
step torn; echo '{' > /run/tunbench/tune.journal; code=0; "$T" reset || code=$?; echo "code $code"
"$T" tune || echo refused; [ "$(settings)" = "$before" ]
`
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script)
	cmd.Dir = scene
	cmd.Env = append(os.Environ(), beTunbench+"=1", "T="+program)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	parts := map[string]string{}
	for _, part := range strings.Split(string(out), "== ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		parts[name] = strings.Join(strings.Fields(text), " ")
	}
	for step, wants := range map[string][]string{
		"dry":    {"set frequency governor /sys/devices/system/cpu/cpufreq/policy0/scaling_governor schedutil → performance", "as wanted vm.stat_interval"},
		"tune":   {"set kernel.timer_migration /proc/sys/kernel/timer_migration 1 → 0", "as wanted vm.stat_interval", "set boost", "0 performance 0"},
		"twice":  {"as wanted frequency governor"},
		"doctor": {"ok tune", "settings changed since"},
		"reset":  {"restored frequency governor /sys/devices/system/cpu/cpufreq/policy0/scaling_governor performance → schedutil", "restored boost"},
		"again":  {"nothing to put back"},
		"user":   {"run as root", "code 5"},
		"torn":   {"torn or no journal", "remove it", "code 1", "refused"},
	} {
		for _, want := range wants {
			if !strings.Contains(parts[step], want) {
				t.Errorf("%s says %q, want %q", step, parts[step], want)
			}
		}
	}
}

package host

import (
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
)

func TestFingerprintOfFiles(t *testing.T) {
	m := fake(t, files{
		"proc/sys/kernel/osrelease":                         "6.18.0\n",
		"proc/cpuinfo":                                      "processor\t: 0\nmodel name\t: Example 9000\nflags\t\t: fpu hypervisor\n\n",
		"proc/meminfo":                                      "MemTotal: 1024 kB\n",
		"proc/sys/net/ipv4/tcp_rmem":                        "4096\t131072\t6291456\n",
		"sys/devices/system/cpu/online":                     "0-1\n",
		"sys/devices/system/cpu/vulnerabilities/spectre_v1": "Mitigation: barriers\n",
		"sys/devices/system/cpu/vulnerabilities/meltdown":   "Not affected\n",
		"sys/devices/system/cpu/vulnerabilities/mds":        "Vulnerable\n",
		clocksourceDir + "current_clocksource":              "tsc\n",
	})
	want := results.Host{
		Kernel:         "6.18.0",
		CPUModel:       "Example 9000",
		Cores:          2,
		MemoryBytes:    1 << 20,
		Virtualization: "vm",
		Clocksource:    "tsc",
		Mitigations:    "mds=Vulnerable | spectre_v1=Mitigation: barriers",
		Sysctls:        map[string]string{"net.ipv4.tcp_rmem": "4096 131072 6291456"},
	}
	if diff := cmp.Diff(want, m.fingerprint()); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
}

// TestFingerprintOfNothing: what cannot be read is absent, not invented.
func TestFingerprintOfNothing(t *testing.T) {
	want := results.Host{Sysctls: map[string]string{}}
	if diff := cmp.Diff(want, fake(t, nil).fingerprint()); diff != "" {
		t.Errorf("fingerprint (-want +got):\n%s", diff)
	}
}

func TestFingerprintOnThisHost(t *testing.T) {
	got := Fingerprint([]string{"run", "size=64"})
	if got.Time.IsZero() || got.Hostname == "" || got.Kernel == "" || got.GoVersion == "" || got.Cores < 1 || got.MemoryBytes == 0 {
		t.Errorf("incomplete fingerprint %+v", got)
	}
	if diff := cmp.Diff([]string{"run", "size=64"}, got.Args); diff != "" {
		t.Errorf("args (-want +got):\n%s", diff)
	}
}

func TestVirtualization(t *testing.T) {
	const clocks = clocksourceDir + "available_clocksource"
	const vendor = "sys/class/dmi/id/sys_vendor"
	tests := map[string]struct {
		files files
		want  string
	}{
		"kvm by clock":     {files{clocks: "tsc kvm-clock\n", "proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor\n"}, "kvm"},
		"xen":              {files{"sys/hypervisor/type": "xen\n"}, "xen"},
		"vmware":           {files{vendor: "VMware, Inc.\n"}, "vmware"},
		"unnamed":          {files{"proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor\n"}, "vm"},
		"bare x86":         {files{"proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme\n", clocks: "tsc hpet"}, "none"},
		"bare, other":      {files{vendor: "Ampere\n"}, "none"},
		"nothing to tell":  {nil, ""},
		"other, no tables": {files{"proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd\n"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fake(t, tt.files).Virtualization(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEmulatedCPUIsTold(t *testing.T) {
	for model, want := range map[string]bool{"QEMU TCG CPU version 2.5+": true, "AMD EPYC": false, "QEMU Virtual CPU version 2.5+": false} {
		m := fake(t, files{"proc/cpuinfo": "processor\t: 0\nmodel name\t: " + model + "\nflags\t\t: fpu hypervisor\n\n"})
		if got := m.fingerprint().Emulated; got != want {
			t.Errorf("%s: emulated is %v, want %v", model, got, want)
		}
	}
}

func TestRevision(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	tests := map[string]struct {
		settings []debug.BuildSetting
		want     string
	}{
		"clean":   {[]debug.BuildSetting{setting("vcs.revision", "abc"), setting("vcs.modified", "false")}, "abc"},
		"changed": {[]debug.BuildSetting{setting("vcs.modified", "true"), setting("vcs.revision", "abc")}, "abc+dirty"},
		"none":    {nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := revision(tt.settings); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestFingerprintHasAllowedCPUs: two files of one host are not alike where one was made
// under taskset.
func TestFingerprintHasAllowedCPUs(t *testing.T) {
	cpus, err := AllowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if got := Fingerprint(nil).CPUsAllowed; got == "" || got != CPUList(cpus) {
		t.Errorf("CPUs allowed %q, want %q", got, CPUList(cpus))
	}
}

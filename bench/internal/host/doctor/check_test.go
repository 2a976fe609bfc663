package doctor

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/tune"
)

// status is a /proc/self/status of a process with every capability on two CPUs.
const status = "Name:\ttunbench\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n"

func zipped(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestChecksReadFiles lays out a machine per row and looks at one check of it.
func TestChecksReadFiles(t *testing.T) {
	const (
		cpu     = "sys/devices/system/cpu/"
		online  = cpu + "online"
		scaling = "/cpufreq/scaling_governor"
		self    = "proc/self/status"
		cgroup  = "proc/self/cgroup"
		thp     = "sys/kernel/mm/transparent_hugepage/enabled"
		jit     = "proc/sys/net/core/bpf_jit_enable"
		rmem    = "proc/sys/net/core/rmem_max"
		wmem    = "proc/sys/net/core/wmem_max"
		tcpR    = "proc/sys/net/ipv4/tcp_rmem"
		tcpW    = "proc/sys/net/ipv4/tcp_wmem"
		release = "proc/sys/kernel/osrelease"
	)
	tests := map[string]struct {
		files files
		check func(host.Machine) Check
		state State
		found string // a part of Found
	}{
		"privileges all":     {files{self: status}, privileges, OK, "CAP_NET_ADMIN, CAP_SYS_ADMIN"},
		"privileges none":    {files{self: "CapEff:\t0000000000000000\n"}, privileges, Missing, "no CAP_NET_ADMIN, CAP_SYS_ADMIN"},
		"privileges net":     {files{self: "CapEff:\t0000000000001000\n"}, privileges, Missing, "no CAP_SYS_ADMIN"},
		"privileges no file": {nil, privileges, Unknown, "status"},
		"privileges no line": {files{self: "Name:\tx\n"}, privileges, Unknown, "find CapEff"},
		"privileges garbage": {files{self: "CapEff:\tx\n"}, privileges, Unknown, "parse CapEff"},

		"tun is a file": {files{"dev/net/tun": ""}, tunNode, Missing, "something else"},
		"tun absent":    {nil, tunNode, Missing, "no such file"},

		"cpus":            {files{online: "0-1\n", self: status}, cores, OK, "2 online"},
		"cpus one":        {files{online: "0", self: "Cpus_allowed_list:\t0\n"}, cores, Distorts, "1 online"},
		"cpus restricted": {files{online: "0-3,6", self: status}, cores, Distorts, "2 of 5 allowed (0-1)"},
		"cpus garbage":    {files{online: "3-1", self: status}, cores, Unknown, "parse CPU list"},
		"cpus no file":    {nil, cores, Unknown, "online"},

		"emulated":      {files{"proc/cpuinfo": "processor\t: 0\nmodel name\t: QEMU TCG CPU version 2.5+\nflags\t\t: fpu hypervisor\n"}, virtual, Distorts, "emulated"},
		"virtual":       {files{"proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu hypervisor\n"}, virtual, Distorts, "vm"},
		"bare metal":    {files{"proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu\n"}, virtual, OK, "none"},
		"virtual: none": {nil, virtual, Unknown, "neither"},

		"ciphers all":     {files{"proc/cpuinfo": cpuinfo("fpu aes pclmulqdq avx2 vaes")}, ciphers, OK, "aes, pclmulqdq, avx2, vaes"},
		"ciphers plain":   {files{"proc/cpuinfo": cpuinfo("fpu aes pclmulqdq avx2")}, ciphers, OK, "aes, pclmulqdq, avx2"},
		"ciphers some":    {files{"proc/cpuinfo": cpuinfo("fpu aes vaes")}, ciphers, Distorts, "no pclmulqdq, avx2"},
		"ciphers no x86":  {files{"proc/cpuinfo": cpuinfo("fp asimd aes")}, ciphers, Unknown, "no flags of an x86"},
		"ciphers no file": {nil, ciphers, Unknown, "no flags"},

		"smt on":      {files{cpu + "smt/active": "1"}, smt, Distorts, "on"},
		"smt off":     {files{cpu + "smt/active": "0"}, smt, OK, "off"},
		"smt unknown": {nil, smt, Unknown, "not reported"},

		"governor performance": {files{cpu + "cpu0" + scaling: "performance", cpu + "cpu1" + scaling: "performance"}, governor, OK, "performance"},
		"governor mixed":       {files{cpu + "cpu0" + scaling: "schedutil", cpu + "cpu1" + scaling: "performance"}, governor, Distorts, "performance, schedutil"},
		"governor none":        {nil, governor, Unknown, "no cpufreq"},

		"turbo pstate on":  {files{cpu + "intel_pstate/no_turbo": "0"}, turbo, Distorts, "on"},
		"turbo pstate off": {files{cpu + "intel_pstate/no_turbo": "1"}, turbo, OK, "off"},
		"turbo boost on":   {files{cpu + "cpufreq/boost": "1"}, turbo, Distorts, "on"},
		"turbo boost off":  {files{cpu + "cpufreq/boost": "0"}, turbo, OK, "off"},
		"turbo unknown":    {nil, turbo, Unknown, "no switch"},

		"mitigations":         {files{cpu + "vulnerabilities/a": "Mitigation: X", cpu + "vulnerabilities/b": "Not affected", cpu + "vulnerabilities/c": "Vulnerable"}, mitigations, OK, "1 active of 3"},
		"mitigations unknown": {nil, mitigations, Unknown, "not reported"},

		"quota v2 none":      {files{cgroup: "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000"}, quota, OK, "none"},
		"quota v2 own":       {files{cgroup: "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "150000 100000"}, quota, Distorts, "1.50 CPUs"},
		"quota v2 inherited": {files{cgroup: "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "50000 100000", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, quota, Distorts, "0.50 CPUs"},
		"quota v1":           {files{cgroup: "2:cpu,cpuacct:/a\n0::/\n", "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "200000", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000"}, quota, Distorts, "2.00 CPUs"},
		"quota v1 none":      {files{cgroup: "2:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, quota, OK, "none"},
		"quota unreadable":   {nil, quota, Unknown, "no such file"},

		"tick zipped":   {files{"proc/config.gz": zipped(t, "CONFIG_HZ_250=y\nCONFIG_HZ=250\n")}, tick, OK, "250 Hz"},
		"tick in boot":  {files{release: "6.1-x\n", "boot/config-6.1-x": "CONFIG_HZ=1000\n"}, tick, OK, "1000 Hz"},
		"tick unset":    {files{release: "6.1-x\n", "boot/config-6.1-x": "# CONFIG_HZ is not set\n"}, tick, Unknown, "find CONFIG_HZ"},
		"tick no file":  {files{release: "6.1-x\n"}, tick, Unknown, "6.1-x"},
		"tick not gzip": {files{"proc/config.gz": "no", release: "6.1-x"}, tick, Unknown, "neither"},

		"load low":  {files{"proc/loadavg": "0.10 3.00 3.00 1/100 7\n"}, loadAverage, OK, "0.10"},
		"load high": {files{"proc/loadavg": "1.70 0.00 0.00 2/100 7\n"}, loadAverage, Distorts, "1.70"},
		"load none": {nil, loadAverage, Unknown, ""},

		"pressure low":  {files{"proc/pressure/cpu": "some avg10=0.50 avg60=9.00 avg300=9.00 total=1\n"}, pressureOf("cpu"), OK, "0.5 %"},
		"pressure high": {files{"proc/pressure/cpu": "some avg10=50.00 avg60=0.00 avg300=0.00 total=1\n"}, pressureOf("cpu"), Distorts, "50.0 %"},
		"pressure none": {files{"proc/stat": ""}, pressureOf("cpu"), Unknown, "psi=1"},

		"irqbalance runs":   {files{"proc/17/comm": "irqbalance\n", "proc/18/comm": "sh\n"}, irqbalance, Distorts, "17"},
		"irqbalance absent": {files{"proc/18/comm": "sh\n", "proc/irq/comm": "irqbalance"}, irqbalance, OK, "not seen"},

		"memory enough": {files{"proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n"}, memoryAvailable, OK, "4.0 GiB"},
		"memory low":    {files{"proc/meminfo": "MemTotal: 8388608 kB\nMemAvailable: 524288 kB\n"}, memoryAvailable, Distorts, "0.5 GiB"},
		"memory old":    {files{"proc/meminfo": "MemTotal: 8388608 kB\n"}, memoryAvailable, Unknown, "MemAvailable"},

		"huge pages madvise": {files{thp: "always [madvise] never\n"}, hugePages, OK, "madvise"},
		"huge pages never":   {files{thp: "always madvise [never]\n"}, hugePages, Distorts, "never"},
		"huge pages none":    {nil, hugePages, Unknown, "not in this kernel"},

		"jit on":      {files{jit: "1\n"}, bpfJIT, OK, "on"},
		"jit off":     {files{jit: "0\n"}, bpfJIT, Distorts, "off"},
		"jit unknown": {nil, bpfJIT, Unknown, "no such file"},

		"buffers":         {files{rmem: "212992\n", wmem: "212992\n"}, socketBuffers, OK, "212992"},
		"buffers small":   {files{rmem: "212992\n", wmem: "65536\n"}, socketBuffers, Distorts, "send 65536"},
		"buffers unknown": {files{rmem: "212992\n"}, socketBuffers, Unknown, "not readable"},
		"tcp":             {files{tcpR: "4096\t131072\t6291456\n", tcpW: "4096\t16384\t4194304\n"}, tcpBuffers, OK, "receive 6291456, send 4194304"},
		"tcp small":       {files{tcpR: "4096\t131072\t6291456\n", tcpW: "4096\t16384\t1048576\n"}, tcpBuffers, Distorts, "send 1048576"},
		"tcp garbage":     {files{tcpR: "x\n", tcpW: "4096\t16384\t1048576\n"}, tcpBuffers, Unknown, "not readable"},

		"clock good":    {files{"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n"}, clockAt(40), OK, "tsc, 40 ns"},
		"clock bad":     {files{"sys/devices/system/clocksource/clocksource0/current_clocksource": "hpet\n"}, clockAt(40), Distorts, "hpet"},
		"clock slow":    {files{"sys/devices/system/clocksource/clocksource0/current_clocksource": "xen\n"}, clockAt(400), Distorts, "400 ns"},
		"clock unknown": {nil, clockAt(40), Unknown, "no such file"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.check(fake(t, tt.files))
			if got.State != tt.state || !strings.Contains(got.Found, tt.found) {
				t.Errorf("got %s %q, want %s with %q", got.State, got.Found, tt.state, tt.found)
			}
			if got.Name == "" || got.Found == "" {
				t.Errorf("check without name or finding: %+v", got)
			}
			if bad := got.State == Distorts || got.State == Missing; bad && (got.Meaning == "" || got.Remedy == "") {
				t.Errorf("a %s check must say what it means and what to do: %+v", got.State, got)
			}
		})
	}
}

func pressureOf(resource string) func(host.Machine) Check {
	return func(m host.Machine) Check { return pressure(m, resource) }
}

func cpuinfo(flags string) string {
	return "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: CPU\nflags\t\t: " + flags + "\n"
}

func clockAt(ns time.Duration) func(host.Machine) Check {
	return func(m host.Machine) Check { return clocksource(m, ns*time.Nanosecond) }
}

// TestTuned: an open journal is said, and so is one whose settings do not hold.
func TestTuned(t *testing.T) {
	for name, tt := range map[string]struct {
		status *tune.Status
		err    error
		state  State
		found  string
	}{
		"not":  {nil, nil, OK, "nothing changed"},
		"all":  {&tune.Status{Changes: 3}, nil, OK, "tunbench reset undoes"},
		"half": {&tune.Status{Changes: 3, Undone: 2}, nil, Distorts, "2 of them"},
		"torn": {nil, &tune.JournalError{Path: "/x", Why: "it is torn"}, Unknown, "it is torn"},
	} {
		if got := tuned(tt.status, tt.err); got.State != tt.state || !strings.Contains(got.Found, tt.found) {
			t.Errorf("%s: got %+v, want %s with %q", name, got, tt.state, tt.found)
		}
	}
}

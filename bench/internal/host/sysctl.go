package host

import "strings"

// recordedSysctls are the settings of the host that a result depends on. Those
// under net that belong to a namespace are here as what a new one starts from.
func recordedSysctls() []string {
	return []string{
		"kernel.io_uring_disabled",
		"kernel.nmi_watchdog",
		"kernel.numa_balancing",
		"kernel.sched_rt_runtime_us",
		"kernel.unprivileged_bpf_disabled",
		"net.core.bpf_jit_enable",
		"net.core.bpf_jit_harden",
		"net.core.default_qdisc",
		"net.core.dev_weight",
		"net.core.gro_normal_batch",
		"net.core.netdev_budget",
		"net.core.netdev_budget_usecs",
		"net.core.netdev_max_backlog",
		"net.core.optmem_max",
		"net.core.rmem_default",
		"net.core.rmem_max",
		"net.core.wmem_default",
		"net.core.wmem_max",
		"net.ipv4.tcp_congestion_control",
		"net.ipv4.tcp_rmem",
		"net.ipv4.tcp_wmem",
	}
}

// SysctlFile is the file of a setting that is named as sysctl(8) does, relative to the root.
func SysctlFile(name string) string { return "proc/sys/" + strings.ReplaceAll(name, ".", "/") }

// Sysctl reads one setting, named as sysctl(8) does; white space between several values becomes one blank.
func (m Machine) Sysctl(name string) (string, error) {
	text, err := m.Read(SysctlFile(name))
	return strings.Join(strings.Fields(text), " "), err
}

// sysctls reads the recorded settings; one that this kernel lacks is absent.
func (m Machine) sysctls() map[string]string {
	found := map[string]string{}
	for _, name := range recordedSysctls() {
		if value, err := m.Sysctl(name); err == nil {
			found[name] = value
		}
	}
	return found
}

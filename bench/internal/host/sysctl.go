package host

import (
	"fmt"
	"strconv"
	"strings"
)

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

// sysctl reads one setting; white space between several values becomes one blank.
func (m machine) sysctl(name string) (string, error) {
	text, err := m.read("proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	return strings.Join(strings.Fields(text), " "), err
}

// sysctls reads the recorded settings; one that this kernel lacks is absent.
func (m machine) sysctls() map[string]string {
	found := map[string]string{}
	for _, name := range recordedSysctls() {
		if value, err := m.sysctl(name); err == nil {
			found[name] = value
		}
	}
	return found
}

const (
	// kernelSocketBuffer is SK_WMEM_DEFAULT of include/net/sock.h on 64 bits.
	kernelSocketBuffer = 212992
	// smallTCPBuffer is the kernel's own upper bound of tcp_wmem on a machine
	// with enough memory (tcp_init, net/ipv4/tcp.c).
	smallTCPBuffer = 4 << 20
)

func (m machine) socketBuffers() Check {
	const name = "socket buffers"
	rmem, errR := m.lastNumber("net.core.rmem_max")
	wmem, errW := m.lastNumber("net.core.wmem_max")
	if errR != nil || errW != nil {
		return unknown(name, "net.core.rmem_max and wmem_max are not readable")
	}
	found := fmt.Sprintf("receive %d, send %d bytes at most", rmem, wmem)
	if min(rmem, wmem) < kernelSocketBuffer {
		return distorts(name, found, "a socket drops or blocks earlier than on other hosts",
			fmt.Sprintf("sysctl -w net.core.rmem_max=%d net.core.wmem_max=%d", kernelSocketBuffer, kernelSocketBuffer))
	}
	return ok(name, found)
}

func (m machine) tcpBuffers() Check {
	const name = "TCP buffers"
	rmem, errR := m.lastNumber("net.ipv4.tcp_rmem")
	wmem, errW := m.lastNumber("net.ipv4.tcp_wmem")
	if errR != nil || errW != nil {
		return unknown(name, "net.ipv4.tcp_rmem and tcp_wmem are not readable")
	}
	found := fmt.Sprintf("receive %d, send %d bytes at most", rmem, wmem)
	if min(rmem, wmem) < smallTCPBuffer {
		return distorts(name, found, "the window of one stream may limit it before the forwarder does",
			"raise the third value of net.ipv4.tcp_rmem and tcp_wmem")
	}
	return ok(name, found)
}

// lastNumber is the last of a setting's values, the maximum of a triple.
func (m machine) lastNumber(name string) (int, error) {
	text, err := m.sysctl(name)
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(text[strings.LastIndex(text, " ")+1:])
	if err != nil {
		return 0, fmt.Errorf("parse %s %q: %w", name, text, err)
	}
	return number, nil
}

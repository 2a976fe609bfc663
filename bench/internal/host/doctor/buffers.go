package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"tunbench/bench/internal/host"
)

const (
	// kernelSocketBuffer is SK_WMEM_DEFAULT of include/net/sock.h on 64 bits.
	kernelSocketBuffer = 212992
	// smallTCPBuffer is the kernel's own upper bound of tcp_wmem on a machine
	// with enough memory (tcp_init, net/ipv4/tcp.c).
	smallTCPBuffer = 4 << 20
)

func socketBuffers(m host.Machine) Check {
	const name = "socket buffers"
	rmem, errR := lastNumber(m, "net.core.rmem_max")
	wmem, errW := lastNumber(m, "net.core.wmem_max")
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

func tcpBuffers(m host.Machine) Check {
	const name = "TCP buffers"
	rmem, errR := lastNumber(m, "net.ipv4.tcp_rmem")
	wmem, errW := lastNumber(m, "net.ipv4.tcp_wmem")
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
func lastNumber(m host.Machine, name string) (int, error) {
	text, err := m.Sysctl(name)
	if err != nil {
		return 0, err
	}
	number, err := strconv.Atoi(text[strings.LastIndex(text, " ")+1:])
	if err != nil {
		return 0, fmt.Errorf("parse %s %q: %w", name, text, err)
	}
	return number, nil
}

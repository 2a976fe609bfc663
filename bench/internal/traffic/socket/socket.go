package socket

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sendBuffer is what is asked for as a socket's send buffer: enough that only
// the devices behind it limit the load.
const sendBuffer = 4 << 20

// openUDP returns a UDP socket bound to local and connected to remote, with the
// do-not-fragment rule on, in the caller's namespace. flags are added to the
// socket's type.
func openUDP(local, remote netip.AddrPort, flags int) (fd int, err error) {
	family := unix.AF_INET6
	if remote.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|flags, unix.IPPROTO_UDP)
	if err != nil {
		return -1, fmt.Errorf("open UDP socket: %w", err)
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	if err := setDontFragment(fd, family); err != nil {
		return -1, fmt.Errorf("set don't fragment: %w", err)
	}
	if err := unix.Bind(fd, sockaddr(local)); err != nil {
		return -1, fmt.Errorf("bind %v: %w", local, err)
	}
	if err := unix.Connect(fd, sockaddr(remote)); err != nil {
		return -1, fmt.Errorf("connect %v: %w", remote, err)
	}
	return fd, nil
}

// setDontFragment sets DF on IPv4. A coalescer may refuse to merge without it.
func setDontFragment(fd, family int) error {
	if family == unix.AF_INET {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DO)
}

// growSendBuffer asks for sendBuffer; a user without CAP_NET_ADMIN gets up to
// net.core.wmem_max.
func growSendBuffer(fd int) error {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer) == nil {
		return nil
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

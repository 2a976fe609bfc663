package plain

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// socketBuffer is room for as many packets as a full device ring has superpackets of, in bytes.
	socketBuffer = 8 << 20
	// maxPayload is the most bytes that one UDP packet over IPv4 carries, and one UDP superpacket.
	maxPayload = 65535 - ipUDPHeaderLen
	// ipUDPHeaderLen is that of IPv4 and UDP headers.
	ipUDPHeaderLen = 20 + 8
	// maxRun is the most packets that one UDP superpacket may have on every kernel (UDP_MAX_SEGMENTS in linux/udp.h
	// until 6.9).
	maxRun = 64
)

// openSocket opens a UDP socket between the two ends, non-blocking. Its packets are never fragmented.
func openSocket(cfg Config, port uint16) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open UDP socket: %w", os.NewSyscallError("socket", err))
	}
	options := []struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketBuffer},
		{unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, socketBuffer},
		{unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO},
	}
	if cfg.UGRO {
		options = append(options, struct{ level, name, value int }{unix.SOL_UDP, unix.UDP_GRO, 1})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return -1, errors.Join(fmt.Errorf("set option %d of the UDP socket: %w", o.name, os.NewSyscallError("setsockopt", err)), unix.Close(fd))
		}
	}
	at := func(a netip.Addr) *unix.SockaddrInet4 { return &unix.SockaddrInet4{Port: int(port), Addr: a.As4()} }
	if err := unix.Bind(fd, at(cfg.Local)); err != nil {
		return -1, errors.Join(fmt.Errorf("bind UDP socket to %v port %d: %w", cfg.Local, port, os.NewSyscallError("bind", err)), unix.Close(fd))
	}
	if err := unix.Connect(fd, at(cfg.Peer)); err != nil {
		return -1, errors.Join(fmt.Errorf("connect UDP socket to %v port %d: %w", cfg.Peer, port, os.NewSyscallError("connect", err)), unix.Close(fd))
	}
	return fd, nil
}

// longestPayload is what one packet of a connected socket carries as its path is now, in bytes (IP_MTU in ip(7)).
func longestPayload(fd int) int {
	mtu, err := unix.GetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MTU)
	if err != nil {
		return maxPayload
	}
	return min(mtu-ipUDPHeaderLen, maxPayload)
}

// mmsghdr is struct mmsghdr of linux/socket.h, which x/sys does not have.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// control is room for one control message with an int, cmsg(3).
type control struct {
	hdr   unix.Cmsghdr
	value int32
	_     [4]byte
}

// setSegment makes it UDP_SEGMENT, of which the kernel takes 16 bits.
func (c *control) setSegment(size int) {
	c.hdr = unix.Cmsghdr{Len: unix.SizeofCmsghdr + 2, Level: unix.SOL_UDP, Type: unix.UDP_SEGMENT}
	*(*uint16)(unsafe.Pointer(&c.value)) = uint16(size)
}

// segment is what setSegment set.
func (c *control) segment() uint16 { return *(*uint16)(unsafe.Pointer(&c.value)) }

// segmentSize is what UDP_GRO says of a run of packets; 0 of a single one.
func (c *control) segmentSize(length int) int {
	if length < unix.SizeofCmsghdr+4 || c.hdr.Level != unix.SOL_UDP || c.hdr.Type != unix.UDP_GRO {
		return 0
	}
	return int(c.value)
}

func sendmmsg(fd int, msgs []mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&msgs[0])), uintptr(len(msgs)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

func recvmmsg(fd int, msgs []mmsghdr) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&msgs[0])), uintptr(len(msgs)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

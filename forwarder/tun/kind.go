package tun

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Kind says what a device carries.
type Kind int

// The two kinds of device.
const (
	TUN Kind = iota + 1 // IP packets
	TAP                 // Ethernet frames
)

// ethernetHdrLen is what a TAP frame has before the IP packet, without a VLAN tag.
const ethernetHdrLen = 14

// ParseKind reads "tun" or "tap".
func ParseKind(s string) (Kind, error) {
	switch s {
	case "tun":
		return TUN, nil
	case "tap":
		return TAP, nil
	}
	return 0, fmt.Errorf("device kind %q: want tun or tap", s)
}

func (k Kind) String() string {
	switch k {
	case TUN:
		return "tun"
	case TAP:
		return "tap"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

func (k Kind) flag() uint16 {
	if k == TAP {
		return unix.IFF_TAP
	}
	return unix.IFF_TUN
}

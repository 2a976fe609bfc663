package testbed

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// wireGuardPort is where both ends send and receive, on the physical link.
const wireGuardPort = 51820

// agreeOnKeys makes a pair of keys for each end of a WireGuard tunnel, and tells each end its own and the public one of
// the other. They are nowhere but in this function's memory and in the kernel's.
func agreeOnKeys(ends [2]tunnelEnd) error {
	var keys [2]*ecdh.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
	}
	for i, end := range ends {
		err := end.ns.Do(func() error { return setWireGuard(endDevice, keys[i], keys[1-i].PublicKey(), end.far) })
		if err != nil {
			return fmt.Errorf("tell the WireGuard device in %s its keys: %w", end.ns.name, err)
		}
	}
	return nil
}

// setWireGuard tells a device in the current namespace its key, and its one peer, which may send and receive any
// address (WG_CMD_SET_DEVICE in linux/wireguard.h).
func setWireGuard(device string, own *ecdh.PrivateKey, peer *ecdh.PublicKey, far netip.Addr) error {
	family, err := netlink.GenlFamilyGet("wireguard")
	if err != nil {
		return fmt.Errorf("find generic netlink of WireGuard: %w", err)
	}
	request := nl.NewNetlinkRequest(int(family.ID), unix.NLM_F_ACK)
	request.AddData(&nl.Genlmsg{Command: unix.WG_CMD_SET_DEVICE, Version: 1})
	request.AddData(nl.NewRtAttr(unix.WGDEVICE_A_IFNAME, nl.ZeroTerminated(device)))
	request.AddData(nl.NewRtAttr(unix.WGDEVICE_A_PRIVATE_KEY, own.Bytes()))
	request.AddData(nl.NewRtAttr(unix.WGDEVICE_A_LISTEN_PORT, nl.Uint16Attr(wireGuardPort)))
	one := nested(request, unix.WGDEVICE_A_PEERS).AddRtAttr(unix.NLA_F_NESTED, nil)
	one.AddRtAttr(unix.WGPEER_A_PUBLIC_KEY, peer.Bytes())
	one.AddRtAttr(unix.WGPEER_A_ENDPOINT, sockaddr(netip.AddrPortFrom(far, wireGuardPort)))
	allowed := one.AddRtAttr(unix.NLA_F_NESTED|unix.WGPEER_A_ALLOWEDIPS, nil)
	for family, all := range map[uint16]netip.Addr{unix.AF_INET: netip.IPv4Unspecified(), unix.AF_INET6: netip.IPv6Unspecified()} {
		network := allowed.AddRtAttr(unix.NLA_F_NESTED, nil)
		network.AddRtAttr(unix.WGALLOWEDIP_A_FAMILY, nl.Uint16Attr(family))
		network.AddRtAttr(unix.WGALLOWEDIP_A_IPADDR, all.AsSlice())
		network.AddRtAttr(unix.WGALLOWEDIP_A_CIDR_MASK, nl.Uint8Attr(0))
	}
	_, err = request.Execute(unix.NETLINK_GENERIC, 0)
	return err
}

// nested adds an attribute that is made of others.
func nested(request *nl.NetlinkRequest, kind int) *nl.RtAttr {
	attr := nl.NewRtAttr(unix.NLA_F_NESTED|kind, nil)
	request.AddData(attr)
	return attr
}

// sockaddr is an IPv4 address and port as struct sockaddr_in.
func sockaddr(at netip.AddrPort) []byte {
	b := make([]byte, unix.SizeofSockaddrInet4)
	binary.NativeEndian.PutUint16(b, unix.AF_INET)
	binary.BigEndian.PutUint16(b[2:], at.Port())
	copy(b[4:], at.Addr().AsSlice())
	return b
}

package tun

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

// Offload is a TUN_F_* mask: what the reader of a device declares it can take
// off the kernel's hands (TUNSETOFFLOAD). It belongs to the whole device.
type Offload uint

// Offloads newer than golang.org/x/sys/unix (include/uapi/linux/if_tun.h, Linux 6.17).
const (
	tunFUDPTunnelGSO     Offload = 0x080
	tunFUDPTunnelGSOCsum Offload = 0x100
)

// The offloads by name. TUN_F_CSUM is the prerequisite of every other one;
// TSO_ECN needs TSO4 or TSO6; USO4 and USO6 go together (set_offload in
// drivers/net/tun.c).
//
// OffloadTunnel is OffloadAll and superpackets inside UDP tunnels, such as VXLAN's. It
// makes the vnet header longer: offload.VnetHdrV1HashTunnelLen bytes. It is for TAP
// devices: the driver reads such superpackets out of a TUN too, but refuses them when they
// are written to one, since it wants room for an Ethernet header before the outer IP
// header whatever the device (outer_l3min in virtio_net_hdr_tnl_to_skb,
// include/linux/virtio_net.h, Linux 6.18).
const (
	OffloadNone   Offload = 0
	OffloadCsum   Offload = unix.TUN_F_CSUM
	OffloadTSO    Offload = OffloadCsum | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN
	OffloadUSO    Offload = OffloadCsum | unix.TUN_F_USO4 | unix.TUN_F_USO6
	OffloadAll    Offload = OffloadTSO | OffloadUSO
	OffloadTunnel Offload = OffloadAll | tunFUDPTunnelGSO | tunFUDPTunnelGSOCsum
)

var offloadNames = []struct {
	name string
	mask Offload
}{
	{"none", OffloadNone},
	{"csum", OffloadCsum},
	{"tso", OffloadTSO},
	{"uso", OffloadUSO},
	{"all", OffloadAll},
	{"tunnel", OffloadTunnel},
}

// ParseOffload reads one of none, csum, tso, uso, all, tunnel.
func ParseOffload(s string) (Offload, error) {
	names := make([]string, 0, len(offloadNames))
	for _, o := range offloadNames {
		if o.name == s {
			return o.mask, nil
		}
		names = append(names, o.name)
	}
	return 0, fmt.Errorf("offload %q: want one of %s", s, strings.Join(names, ", "))
}

// String returns the name, or the mask in hexadecimal where it has none.
func (o Offload) String() string {
	for _, n := range offloadNames {
		if n.mask == o {
			return n.name
		}
	}
	return fmt.Sprintf("%#x", uint(o))
}

// Has reports whether every bit of mask is in o.
func (o Offload) Has(mask Offload) bool { return o&mask == mask }

// vnetHdrLen returns the bytes of vnet header that the driver needs for the mask: only
// the longest form says where the headers of a UDP tunnel are.
func (o Offload) vnetHdrLen() int {
	if o&(tunFUDPTunnelGSO|tunFUDPTunnelGSOCsum) != 0 {
		return offload.VnetHdrV1HashTunnelLen
	}
	return offload.VnetHdrLen
}

// ladder lists the masks to try, best first: what a kernel is most likely to
// lack goes first. It ends with none, which every kernel accepts.
func (o Offload) ladder() []Offload {
	steps := []Offload{o}
	for _, drop := range []Offload{
		tunFUDPTunnelGSO | tunFUDPTunnelGSOCsum,
		unix.TUN_F_USO4 | unix.TUN_F_USO6,
		unix.TUN_F_TSO_ECN,
		unix.TUN_F_TSO4 | unix.TUN_F_TSO6,
		OffloadCsum,
	} {
		last := steps[len(steps)-1]
		if next := last &^ drop; next != last {
			steps = append(steps, next)
		}
	}
	return steps
}

// negotiateOffload sets the best mask of the ladder that the kernel accepts.
func negotiateOffload(fd int, want Offload) (Offload, error) {
	for _, mask := range want.ladder() {
		err := setOffload(fd, mask)
		if err == nil {
			return mask, nil
		}
		if !errors.Is(err, unix.EINVAL) {
			return 0, err
		}
	}
	return 0, fmt.Errorf("set offload: the kernel refuses every mask down to none: %w", unix.EINVAL)
}

func setOffload(fd int, mask Offload) error {
	// TUNSETOFFLOAD takes the mask itself, not a pointer to it.
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, int(mask)); err != nil {
		return fmt.Errorf("set offload %v: %w", mask, err)
	}
	return nil
}

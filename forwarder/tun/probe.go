package tun

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Feature is one thing that the kernel's TUN/TAP driver can or cannot do.
type Feature struct {
	Name      string // the kernel's name, such as "TUN_F_USO4|TUN_F_USO6"
	Supported bool
	Meaning   string // what a forwarder gains by it
}

// vnetHdrLens are the known lengths of the vnet header: struct virtio_net_hdr,
// _mrg_rxbuf and _v1_hash_tunnel.
var vnetHdrLens = []struct {
	bytes   int
	meaning string
}{
	{12, "header with a buffer count, as virtual machines use"},
	{24, "header with a hash and UDP tunnel fields"},
}

// Probe tries every feature on a throw-away device in a namespace of its own,
// which leaves no trace. It needs CAP_SYS_ADMIN and CAP_NET_ADMIN.
func Probe() ([]Feature, error) {
	var features []Feature
	err := InNewNamespace(func() error {
		fd, err := openClone(clonePath)
		if err != nil {
			return err
		}
		features, err = probeFD(fd)
		return errors.Join(err, unix.Close(fd))
	})
	if err != nil {
		return nil, fmt.Errorf("probe TUN/TAP features: %w", err)
	}
	return features, nil
}

func probeFD(fd int) ([]Feature, error) {
	flags, err := unix.IoctlGetUint32(fd, unix.TUNGETFEATURES)
	if err != nil {
		return nil, fmt.Errorf("get driver flags: %w", err)
	}
	if err := setIff(fd, "", TUN.flag()|unix.IFF_MULTI_QUEUE|unix.IFF_VNET_HDR); err != nil {
		return nil, fmt.Errorf("make a device (TUNSETIFF): %w", forbidden(err, needsAdmin, "run as root"))
	}
	features := []Feature{
		{"IFF_MULTI_QUEUE", flags&unix.IFF_MULTI_QUEUE != 0, "several queues on one device"},
		{"IFF_VNET_HDR", flags&unix.IFF_VNET_HDR != 0, "checksum and segmentation offload"},
	}
	offloads := func(name string, mask Offload, meaning string) {
		features = append(features, Feature{name, setOffload(fd, mask) == nil, meaning})
	}
	offloads("TUN_F_CSUM", OffloadCsum, "packets without L4 checksum")
	offloads("TUN_F_TSO4|TSO6|TSO_ECN", OffloadTSO, "TCP superpackets")
	offloads("TUN_F_USO4|USO6", OffloadUSO, "UDP superpackets")
	offloads("TUN_F_UDP_TUNNEL_GSO|_CSUM", OffloadTunnel, "superpackets inside UDP tunnels")
	for _, l := range vnetHdrLens {
		ok := setVnetHdrLen(fd, l.bytes) == nil
		features = append(features, Feature{fmt.Sprintf("vnet header %d bytes", l.bytes), ok, l.meaning})
	}
	// -1 detaches whatever is attached: valid wherever steering programs are.
	detach := unix.IoctlSetPointerInt(fd, unix.TUNSETSTEERINGEBPF, -1) == nil
	return append(features,
		Feature{"TUNSETSTEERINGEBPF", detach, "an eBPF program chooses the queue"},
		Feature{"RWF_NOWAIT", TakesNowait(), "packets by io_uring; else engine=sync moves them"},
	), nil
}

package tun

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// offloadFeatures are the device features that TUNSETOFFLOAD sets, by their names in the
// kernel's table (netdev_features_strings in net/ethtool/common.c).
var offloadFeatures = []struct {
	name string
	mask Offload
}{
	{"tx-checksum-ip-generic", OffloadCsum},
	{"tx-tcp-segmentation", unix.TUN_F_TSO4},
	{"tx-tcp6-segmentation", unix.TUN_F_TSO6},
	{"tx-tcp-ecn-segmentation", unix.TUN_F_TSO_ECN},
	{"tx-udp-segmentation", unix.TUN_F_USO4 | unix.TUN_F_USO6},
	{"tx-udp_tnl-segmentation", tunFUDPTunnelGSO},
	{"tx-udp_tnl-csum-segmentation", tunFUDPTunnelGSOCsum},
}

// ActiveOffload returns the offloads that are active on a device, whoever set them. netns is the path of its network namespace, "" the
// caller's own.
func ActiveOffload(netns, device string) (active Offload, err error) {
	err = InNamespace(netns, func() error {
		c, err := openControl()
		if err != nil {
			return err
		}
		active, err = c.activeOffload(device)
		return errors.Join(err, c.close())
	})
	return active, err
}

const (
	ethSSFeatures    = 4 // ETH_SS_FEATURES
	ethGStringLen    = 32
	ethFeatureBlocks = 16 // of 32 features; kernels have 2
)

// activeOffload returns the offloads that are active on the device of that name: the driver
// has no ioctl that tells what TUNSETOFFLOAD set.
func (c *control) activeOffload(name string) (Offload, error) {
	names, err := c.featureNames(name)
	if err != nil {
		return 0, fmt.Errorf("list device features: %w", err)
	}
	var features struct { // struct ethtool_gfeatures
		cmd, size uint32
		blocks    [ethFeatureBlocks]struct{ available, requested, active, neverChanged uint32 }
	}
	features.cmd, features.size = unix.ETHTOOL_GFEATURES, ethFeatureBlocks
	if err := c.ethtool(name, unsafe.Pointer(&features)); err != nil {
		return 0, fmt.Errorf("read device features: %w", err)
	}
	var active Offload
	for i, feature := range names {
		if i/32 >= ethFeatureBlocks || features.blocks[i/32].active&(1<<(i%32)) == 0 {
			continue
		}
		for _, f := range offloadFeatures {
			if f.name == feature {
				active |= f.mask
			}
		}
	}
	return active, nil
}

// featureNames lists the device features of this kernel in the order of their bits.
func (c *control) featureNames(name string) ([]string, error) {
	var info struct { // struct ethtool_sset_info with one count
		cmd, _ uint32
		mask   uint64
		count  uint32
		_      uint32
	}
	info.cmd, info.mask = unix.ETHTOOL_GSSET_INFO, 1<<ethSSFeatures
	if err := c.ethtool(name, unsafe.Pointer(&info)); err != nil {
		return nil, err
	}
	// struct ethtool_gstrings: command, set, count, then the strings.
	strings := make([]byte, 12+int(info.count)*ethGStringLen)
	binary.NativeEndian.PutUint32(strings, unix.ETHTOOL_GSTRINGS)
	binary.NativeEndian.PutUint32(strings[4:], ethSSFeatures)
	if err := c.ethtool(name, unsafe.Pointer(&strings[0])); err != nil {
		return nil, err
	}
	names := make([]string, info.count)
	for i := range names {
		names[i] = unix.ByteSliceToString(strings[12+i*ethGStringLen:][:ethGStringLen])
	}
	return names, nil
}

package testbed

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ethtoolValue is struct ethtool_value of linux/ethtool.h.
type ethtoolValue struct{ cmd, data uint32 }

// ethtoolRequest is struct ifreq of linux/if.h with ifr_data.
type ethtoolRequest struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// enableNAPI gives a veth device the rings that frames redirected into its peer go
// to, by turning on GRO: it has them only with that or with an XDP program of its
// own. The device must be up, or its peer is not told that it may redirect
// (veth_set_features in drivers/net/veth.c). UDP packets are not merged by it.
func (ns *Namespace) enableNAPI(device string) error {
	err := ns.setEthtool(device, unix.ETHTOOL_SGRO, 1)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return &UnsupportedError{"GRO of veth devices", err}
	}
	if err != nil {
		return fmt.Errorf("turn on GRO: %w", err)
	}
	return nil
}

// disableOffload has the kernel split superpackets and complete checksums before they leave
// by a device: one that offers no checksum offload is given no superpackets either
// (harmonize_features in net/core/dev.c).
func (ns *Namespace) disableOffload(device string) error {
	if err := ns.setEthtool(device, unix.ETHTOOL_STXCSUM, 0); err != nil {
		return fmt.Errorf("turn checksum offload of %s off: %w", device, err)
	}
	return nil
}

func (ns *Namespace) setEthtool(device string, command, data uint32) error {
	return ns.Do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return os.NewSyscallError("socket", err)
		}
		defer unix.Close(fd)
		value := ethtoolValue{cmd: command, data: data}
		request := ethtoolRequest{data: unsafe.Pointer(&value)}
		copy(request.name[:unix.IFNAMSIZ-1], device)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
		if errno != 0 {
			return os.NewSyscallError("ioctl SIOCETHTOOL", errno)
		}
		return nil
	})
}

package guest

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// NIC is a virtio-net device of a guest, whose backend is QEMU itself on the queues of a TAP device.
type NIC struct {
	Queues   []*os.File // of one TAP device, all with the same vnet header or all without; the owner closes them when the guest has ended
	MAC      net.HardwareAddr
	Features NICFeatures
}

// NICFeatures are what the device offers to the guest and asks of the TAP device.
type NICFeatures struct {
	Checksum     bool // checksums left to the other side, both ways (VIRTIO_NET_F_CSUM, _GUEST_CSUM)
	Segmentation bool // TCP superpackets, both ways (VIRTIO_NET_F_HOST_TSO4 and the like); needs Checksum
}

// firstExtraFile is the descriptor of the first of exec.Cmd.ExtraFiles.
const firstExtraFile = 3

func (n *NIC) files() []*os.File {
	if n == nil {
		return nil
	}
	return n.Queues
}

// args are QEMU's words for the device; none for nil. With multi-queue each queue pair has two interrupts, the device itself two more.
func (n *NIC) args() []string {
	if n == nil {
		return nil
	}
	fds := make([]string, len(n.Queues))
	for i := range fds {
		fds[i] = fmt.Sprint(firstExtraFile + i)
	}
	netdev, device := "tap,id=nic,vhost=off,fds="+strings.Join(fds, ":"), "virtio-net-pci,netdev=nic,romfile=,mac="+n.MAC.String()
	if len(fds) == 1 {
		netdev = "tap,id=nic,vhost=off,fd=" + fds[0]
	} else {
		device += fmt.Sprintf(",mq=on,vectors=%d", 2*len(fds)+2)
	}
	for _, feature := range []struct {
		on    bool
		names []string
	}{
		{n.Features.Checksum, []string{"csum", "guest_csum"}},
		{n.Features.Segmentation, []string{"gso", "host_tso4", "host_tso6", "host_ecn", "guest_tso4", "guest_tso6", "guest_ecn"}},
		{false, []string{"host_ufo", "guest_ufo"}}, // superpackets of UDP that no kernel has sent since 4.14
	} {
		position := "off"
		if feature.on {
			position = "on"
		}
		for _, name := range feature.names {
			device += "," + name + "=" + position
		}
	}
	return []string{"-netdev", netdev, "-device", device}
}

package traffic

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"tunbench/forwarder/tun"
)

// loopbackIndex is the index of lo in every new namespace.
const loopbackIndex = 1

// ProbeTCX does what Probe does, by TCX alone. Where the kernel has none it returns an
// host.UnsupportedError: the sink and the program of Redirect.Queued are attached by clsact then.
func ProbeTCX() error {
	return tun.InNewNamespace(func() error {
		s, err := newSink(SinkConfig{IfIndex: loopbackIndex, Port: 1, Flows: 1}, tcxHook{})
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// Probe tries whether SinkTCX can be had here, by TCX or clsact: it attaches one to the
// loopback of a namespace of its own. It returns nil or what NewReceiver would.
func Probe() error {
	return tun.InNewNamespace(func() error {
		return probeSink(SinkConfig{Kind: SinkTCX, IfIndex: loopbackIndex})
	})
}

// ProbeXDP tries whether an [XDP] can be had here with every way into a device, in a
// namespace of its own. It returns nil or what NewXDP would, a [host.UnsupportedError] where
// it cannot.
func ProbeXDP() error {
	ethernet := make(net.HardwareAddr, hardwareAddrLen)
	straight := &Redirect{IfIndex: loopbackIndex, Src: ethernet, Dst: ethernet}
	return tun.InNewNamespace(func() error {
		for _, way := range []*Redirect{nil, {IfIndex: loopbackIndex, Queued: true}, straight} {
			if err := probeXDP(way); err != nil {
				return err
			}
		}
		return nil
	})
}

func probeXDP(way *Redirect) error {
	x, err := NewXDP(XDPConfig{
		Profile: Profile{
			Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified(),
			Port: 1, Flows: 1, Sizes: OneSize(MinSizeIPv4),
		},
		CPU:      -1,
		Redirect: way,
	})
	if err != nil {
		return err
	}
	return x.Close()
}

// ProbeXDPSink does what Probe does for the XDP sink, on a TAP device.
func ProbeXDPSink() error {
	return tun.InNewNamespace(func() error {
		device, err := tun.Open(tun.Config{Kind: tun.TAP, Queues: 1})
		if err != nil {
			return err
		}
		defer device.Close()
		link, err := net.InterfaceByName(device.Name())
		if err != nil {
			return fmt.Errorf("find probe's device: %w", err)
		}
		return probeSink(SinkConfig{Kind: SinkXDP, IfIndex: link.Index})
	})
}

func probeSink(cfg SinkConfig) error {
	cfg.Port, cfg.Flows = 1, 1
	r, err := NewReceiver(cfg)
	if err != nil {
		return err
	}
	return r.Close()
}

// ProbeDropReasons tries whether DropReasons can be had here. It returns nil or what
// NewDropReasons would.
func ProbeDropReasons() error {
	own, err := os.Stat("/proc/self/ns/net")
	if err != nil {
		return fmt.Errorf("find own namespace: %w", err)
	}
	inode := own.Sys().(*syscall.Stat_t).Ino
	d, err := NewDropReasons(DropReasonsConfig{Namespaces: map[string]uint64{"own": inode}})
	if err != nil {
		return err
	}
	return d.Close()
}

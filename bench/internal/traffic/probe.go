package traffic

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"tunbench/bench/internal/traffic/bpf"
	"tunbench/bench/internal/traffic/drops"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/bench/internal/traffic/wire"
	"tunbench/bench/internal/traffic/xdp"
	"tunbench/forwarder/tun"
)

// ProbeTCX does what Probe does, by TCX alone. Where the kernel has none it returns a
// host.UnsupportedError: the sink and the program of Redirect.Queued are attached by clsact then.
func ProbeTCX() error {
	return tun.InNewNamespace(func() error {
		s, err := kernel.NewTCX(sink.Config{IfIndex: bpf.Loopback, Port: 1, Flows: 1})
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// Probe tries whether SinkTCX can be had here, by TCX or clsact: it attaches one to the
// loopback of a namespace of its own. It returns nil or what NewSink would.
func Probe() error {
	return tun.InNewNamespace(func() error {
		return probeSink(SinkTCX, bpf.Loopback)
	})
}

// ProbeXDP tries whether an [xdp.Generator] can be had here with every way into a device, in a
// namespace of its own. It returns nil or what xdp.New would, a [host.UnsupportedError] where
// it cannot.
func ProbeXDP() error {
	ethernet := make(net.HardwareAddr, wire.HardwareAddrLen)
	straight := &xdp.Redirect{IfIndex: bpf.Loopback, Src: ethernet, Dst: ethernet}
	return tun.InNewNamespace(func() error {
		for _, way := range []*xdp.Redirect{nil, {IfIndex: bpf.Loopback, Queued: true}, straight} {
			if err := probeXDP(way); err != nil {
				return err
			}
		}
		return nil
	})
}

func probeXDP(way *xdp.Redirect) error {
	x, err := xdp.New(xdp.Config{
		Profile: load.Profile{
			Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified(),
			Port: 1, Flows: 1, Sizes: load.OneSize(wire.MinSizeIPv4),
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
		return probeSink(SinkXDP, link.Index)
	})
}

func probeSink(kind SinkKind, ifIndex int) error {
	s, err := NewSink(kind, sink.Config{IfIndex: ifIndex, Port: 1, Flows: 1})
	if err != nil {
		return err
	}
	return s.Close()
}

// ProbeDropReasons tries whether drops.Reasons can be had here. It returns nil or what
// drops.New would.
func ProbeDropReasons() error {
	own, err := os.Stat("/proc/self/ns/net")
	if err != nil {
		return fmt.Errorf("find own namespace: %w", err)
	}
	inode := own.Sys().(*syscall.Stat_t).Ino
	d, err := drops.New(drops.Config{Namespaces: map[string]uint64{"own": inode}})
	if err != nil {
		return err
	}
	return d.Close()
}

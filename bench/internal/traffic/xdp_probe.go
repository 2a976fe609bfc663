package traffic

import (
	"net/netip"

	"tunbench/forwarder/tun"
)

// ProbeXDP tries whether an [XDP] can be had here, in a namespace of its own. It
// returns nil or what NewXDP would, an [UnsupportedError] where it cannot.
func ProbeXDP() error {
	return tun.InNewNamespace(func() error {
		x, err := NewXDP(XDPConfig{
			Profile: Profile{
				Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified(),
				Port: 1, Flows: 1, Sizes: OneSize(MinSizeIPv4),
			},
			CPU: -1,
		})
		if err != nil {
			return err
		}
		return x.Close()
	})
}

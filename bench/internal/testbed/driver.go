package testbed

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Driver is a tunnel of the kernel's own: the devices of topology Tunnel are then its.
type Driver string

// The drivers.
const (
	DriverVXLAN Driver = "vxlan"
	DriverIPIP  Driver = "ipip"
	DriverGRE   Driver = "gre"
)

// drivers make a device of each: the end of a tunnel between two addresses of the physical link.
func drivers() map[Driver]func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
	return map[Driver]func(netlink.LinkAttrs, netip.Addr, netip.Addr) netlink.Link{
		DriverVXLAN: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Vxlan{LinkAttrs: attrs, VxlanId: vxlanID, Port: vxlanPort, SrcAddr: self.AsSlice(), Group: far.AsSlice()}
		},
		DriverIPIP: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Iptun{LinkAttrs: attrs, Local: self.AsSlice(), Remote: far.AsSlice()}
		},
		DriverGRE: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Gretun{LinkAttrs: attrs, Local: self.AsSlice(), Remote: far.AsSlice()}
		},
	}
}

// checkDriver returns a *ConfigError for a driver that cannot be used.
func (c *Config) checkDriver() error {
	if c.Driver == "" {
		return nil
	}
	if _, known := drivers()[c.Driver]; !known || c.Topology != Tunnel || c.Absent {
		var names []string
		for _, d := range slices.Sorted(maps.Keys(drivers())) {
			names = append(names, string(d))
		}
		return &ConfigError{"Driver", string(c.Driver), "nothing, or with topology tunnel " + strings.Join(names, ", ")}
	}
	return nil
}

// createTunnelDevice makes the device of one end.
func (ns *Namespace) createTunnelDevice(driver Driver, self, far netip.Addr) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = endDevice
	err := ns.netlink.LinkAdd(drivers()[driver](attrs, self, far))
	if errors.Is(err, unix.EOPNOTSUPP) {
		return &UnsupportedError{fmt.Sprintf("%s driver (module %[1]s, or ip_%[1]s)", driver), err}
	}
	if err != nil {
		return fmt.Errorf("create %s device in %s: %w", driver, ns.name, err)
	}
	return nil
}

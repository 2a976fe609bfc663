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

// Driver is a tunnel of the kernel's own, by the kind that `ip link add type` calls its devices: those of topology
// Tunnel are then its.
type Driver string

// driver makes the ends of a tunnel of the kernel's.
type driver struct {
	module string // the kernel module that has it
	link   func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link
	// agree tells both devices, which are there, what they must know of each other; nil: link does.
	agree func(ends [2]tunnelEnd) error
}

// tunnelEnd is where an end of a tunnel of the kernel's is.
type tunnelEnd struct {
	ns  *Namespace
	far netip.Addr // of the other end, on the physical link
}

// drivers are all that there are. What a scenario must know of each is in package scenario, under the same name.
func drivers() map[Driver]driver {
	return map[Driver]driver{
		"vxlan": {module: "vxlan", link: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Vxlan{LinkAttrs: attrs, VxlanId: vxlanID, Port: vxlanPort, SrcAddr: self.AsSlice(), Group: far.AsSlice()}
		}},
		"ipip": {module: "ipip", link: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Iptun{LinkAttrs: attrs, Local: self.AsSlice(), Remote: far.AsSlice()}
		}},
		"gre": {module: "ip_gre", link: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Gretun{LinkAttrs: attrs, Local: self.AsSlice(), Remote: far.AsSlice()}
		}},
		"wireguard": {module: "wireguard", agree: agreeOnKeys, link: func(attrs netlink.LinkAttrs, _, _ netip.Addr) netlink.Link {
			return &netlink.Wireguard{LinkAttrs: attrs}
		}},
	}
}

// Drivers returns all that a Config may name, sorted.
func Drivers() []Driver { return slices.Sorted(maps.Keys(drivers())) }

// checkDriver returns a *ConfigError for a driver that cannot be used.
func (c *Config) checkDriver() error {
	if c.Driver == "" {
		return nil
	}
	if _, known := drivers()[c.Driver]; !known || c.Topology != Tunnel || c.Absent {
		var names []string
		for _, d := range Drivers() {
			names = append(names, string(d))
		}
		return &ConfigError{"Driver", string(c.Driver), "nothing, or with topology tunnel " + strings.Join(names, ", ")}
	}
	return nil
}

// wireDriver makes the devices of both ends, which lead to each other over the physical link.
func wireDriver(spaces map[role]*Namespace, name Driver) error {
	d := drivers()[name]
	a, b := addrsWireA().v4, addrsWireB().v4
	ends := [2]tunnelEnd{{spaces[roleA], b}, {spaces[roleB], a}}
	for i, end := range ends {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = endDevice
		err := end.ns.netlink.LinkAdd(d.link(attrs, [2]netip.Addr{a, b}[i], end.far))
		if errors.Is(err, unix.EOPNOTSUPP) {
			return d.missing(name, err)
		}
		if err != nil {
			return fmt.Errorf("create %s device in %s: %w", name, end.ns.name, err)
		}
	}
	if d.agree == nil {
		return nil
	}
	return d.agree(ends)
}

// missing says that the kernel has no such driver, and what helps.
func (d driver) missing(name Driver, err error) error {
	return fmt.Errorf("%w: load it (modprobe %s), or measure in a guest whose kernel has it (tunbench kernels 6.1 -- run dut=%s)",
		&UnsupportedError{fmt.Sprintf("%s driver (module %s)", name, d.module), err}, d.module, name)
}

package testbed

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
)

// Driver is a tunnel of the kernel's own, by the kind that `ip link add type` calls its devices: those of topology
// Tunnel are then its.
type Driver string

// driver makes the ends of a tunnel of the kernel's.
type driver struct {
	module string // the kernel module that has it
	spills string // a device that the module puts into every namespace, the host's too; "" is none
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
		"ipip": {module: "ipip", spills: "tunl0", link: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
			return &netlink.Iptun{LinkAttrs: attrs, Local: self.AsSlice(), Remote: far.AsSlice()}
		}},
		"gre": {module: "ip_gre", spills: "gre0", link: func(attrs netlink.LinkAttrs, self, far netip.Addr) netlink.Link {
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
	return fmt.Errorf("%w: %s", &UnsupportedError{fmt.Sprintf("%s driver (module %s)", name, d.module), err}, name.Remedy())
}

// Remedy says what helps where the kernel has no such driver.
func (d Driver) Remedy() string {
	return fmt.Sprintf("load it (modprobe %s), or measure in a guest whose kernel has it (tunbench kernels 6.1 -- run dut=%s)", drivers()[d].module, d)
}

// Find says whether the driver is there: "loaded", or "installed", to be loaded when it is needed. It makes a device in a
// namespace of its own only where that leaves nothing on the host.
func (d Driver) Find() (state string, err error) {
	driver := drivers()[d]
	for _, path := range []string{"/sys/module/" + driver.module, "/sys/class/net/" + driver.spills} {
		if _, err := os.Stat(path); err == nil && !strings.HasSuffix(path, "/") {
			return "loaded", nil
		}
	}
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		return "", fmt.Errorf("ask for the kernel's release: %w", err)
	}
	folder := filepath.Join("/lib/modules", unix.ByteSliceToString(kernel.Release[:]))
	for _, list := range []string{"modules.dep", "modules.builtin"} { // what depmod writes
		text, _ := os.ReadFile(filepath.Join(folder, list))
		if bytes.Contains(text, []byte("/"+driver.module+".ko")) {
			return "installed", nil
		}
	}
	if driver.spills != "" {
		return "", fmt.Errorf("no module %s", driver.module)
	}
	return "loaded", tun.InNewNamespace(func() error {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = endDevice
		a, b := addrsWireA().v4, addrsWireB().v4
		err := netlink.LinkAdd(driver.link(attrs, a, b))
		if errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("no module %s", driver.module)
		}
		return err
	})
}

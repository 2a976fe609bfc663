package testbed

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// sysctl is a kernel setting by its dotted name.
type sysctl struct{ name, value string }

// netSysctl keeps settings inside a network namespace: below net. the kernel
// shows a namespace only its own, anything else would be the host's.
var netSysctl = regexp.MustCompile(`^net(\.[A-Za-z0-9_-]+)+$`)

func isNetSysctl(name string) bool { return netSysctl.MatchString(name) }

// sceneSysctls are what the scene itself needs in a namespace, in order,
// before there are devices: what stands under conf.default is inherited by them.
func sceneSysctls(r role, cfg Config) []sysctl {
	s := []sysctl{
		{"net.ipv4.conf.all.rp_filter", "0"},
		{"net.ipv4.conf.default.rp_filter", "0"},
	}
	if forwards(r, cfg) {
		s = append(s, sysctl{"net.ipv4.ip_forward", "1"})
	}
	if !hasIPv6() {
		return s
	}
	if !cfg.IPv6 || r == roleR && cfg.Topology != Route {
		return append(
			s,
			sysctl{"net.ipv6.conf.all.disable_ipv6", "1"},
			sysctl{"net.ipv6.conf.default.disable_ipv6", "1"},
		)
	}
	return append(s, quietIPv6()...)
}

// lateSysctls are those that must wait until the devices are configured. Were IPv6
// forwarding on before, devices would join the routers' groups as they appear, and
// report it.
func lateSysctls(r role, cfg Config) []sysctl {
	if forwards(r, cfg) && cfg.IPv6 {
		return []sysctl{{"net.ipv6.conf.all.forwarding", "1"}}
	}
	return nil
}

// forwards says whether packets are to pass through the namespace.
func forwards(r role, cfg Config) bool {
	if r == roleR {
		return cfg.Topology == Route // bridges do without IP
	}
	return cfg.Forward
}

// quietIPv6 enables IPv6 on devices to come, without anything it would send by
// itself.
func quietIPv6() []sysctl {
	return []sysctl{
		{"net.ipv6.conf.all.disable_ipv6", "0"},
		{"net.ipv6.conf.default.disable_ipv6", "0"},
		{"net.ipv6.conf.default.addr_gen_mode", "1"}, // IN6_ADDR_GEN_MODE_NONE: no link-local address
		{"net.ipv6.conf.default.accept_ra", "0"},
		{"net.ipv6.conf.default.autoconf", "0"},
		{"net.ipv6.conf.default.router_solicitations", "0"},
		{"net.ipv6.conf.default.accept_dad", "0"},
	}
}

// userSysctls returns what Config.Sysctls asks for, sorted, either those that name
// a device or the others.
func userSysctls(all map[string]string, ofDevices bool) []sysctl {
	var s []sysctl
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if namesDevice(name) == ofDevices {
			s = append(s, sysctl{name, all[name]})
		}
	}
	return s
}

func namesDevice(name string) bool {
	words := strings.Split(name, ".")
	return slices.Contains(words, endDevice) || slices.Contains(words, routerDeviceB)
}

// setSysctls sets them, in order, in the namespace.
func (ns *Namespace) setSysctls(settings []sysctl) error {
	if len(settings) == 0 {
		return nil
	}
	var refused sysctl
	err := ns.Do(func() error {
		if err := ownProc(); err != nil {
			return fmt.Errorf("set sysctls in %s: %w", ns.name, refusedSysctl(err))
		}
		for _, s := range settings {
			if err := s.set(); err != nil {
				refused = s
				return fmt.Errorf("set sysctl %s=%s in %s: %w", s.name, s.value, ns.name, err)
			}
		}
		return nil
	})
	if errors.As(err, new(*UnsupportedError)) && refused.exists() {
		return fmt.Errorf("%w; it is the whole host's, whose sysctls are never touched: set it there before the run", err)
	}
	return err
}

// exists says whether the namespace of the current thread has the setting.
func (s sysctl) exists() bool {
	_, err := os.Stat(s.path())
	return err == nil
}

// set writes the setting for the namespace of the current thread. One that the kernel shows there, but lets nobody write, is the host's.
func (s sysctl) set() error {
	f, err := os.OpenFile(s.path(), os.O_WRONLY|os.O_TRUNC, 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return &UnsupportedError{"sysctl of that name for a single network namespace", err}
	}
	if err != nil {
		return refusedSysctl(err)
	}
	_, err = f.WriteString(s.value)
	return errors.Join(err, f.Close())
}

func (s sysctl) path() string {
	return filepath.Join("/proc/sys", strings.ReplaceAll(s.name, ".", "/"))
}

// hasIPv6 reports whether the kernel knows the family at all.
func hasIPv6() bool {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return err == nil
}

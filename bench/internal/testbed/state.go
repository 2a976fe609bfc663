package testbed

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"

	"golang.org/x/sys/unix"
	"tunbench/bench/internal/testbed/nic"
)

// State is what the scene is like that a measurement relies on: of every device whether it
// is there and up, its MTU, queue length and qdisc, its addresses and the routes by it.
type State []DeviceState

// DeviceState is the State of one device.
type DeviceState struct {
	Device string      // "tb0 in tb-1234-a"
	Facts  [][2]string // name and value, in a fixed order
}

// Changes says in words what differs from an earlier State of the same Testbed, nothing
// where they are alike.
func (s State) Changes(before State) (changes []string) {
	for i, device := range s {
		for k, fact := range device.Facts {
			if was := before[i].Facts[k][1]; was != fact[1] {
				changes = append(changes, fmt.Sprintf("%s: %s was %s, is %s", device.Device, fact[0], orNone(was), orNone(fact[1])))
			}
		}
	}
	return changes
}

func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// State reads what the scene is like.
func (t *Testbed) State() (State, error) {
	var all State
	for _, at := range t.passed() {
		device, err := at.Namespace.deviceState(at.IfIndex)
		if err != nil {
			return nil, fmt.Errorf("read state of device %d in %s: %w", at.IfIndex, at.Namespace.name, err)
		}
		all = append(all, device)
	}
	return all, nil
}

func (ns *Namespace) deviceState(index int) (DeviceState, error) {
	link, err := ns.netlink.LinkByIndex(index)
	if err != nil {
		return DeviceState{}, err
	}
	attrs := link.Attrs()
	addrs, err := ns.addresses(index)
	if err != nil {
		return DeviceState{}, err
	}
	routes, err := ns.routes(index)
	if err != nil {
		return DeviceState{}, err
	}
	qdisc, err := ns.rootQdisc(index)
	if err != nil {
		return DeviceState{}, err
	}
	up := "down"
	if attrs.RawFlags&unix.IFF_UP != 0 {
		up = "up"
	}
	return DeviceState{
		Device: attrs.Name + " in " + ns.name,
		Facts: [][2]string{
			{"state", up},
			{"name", attrs.Name},
			{"MTU", strconv.Itoa(attrs.MTU)},
			{"transmit queue length", strconv.Itoa(attrs.TxQLen)},
			{"qdisc", qdisc.kind},
			{"hardware address", attrs.HardwareAddr.String()},
			{"addresses", addrs},
			{"routes", routes},
		},
	}, nil
}

// addresses lists those of a device but for what the kernel makes by itself.
func (ns *Namespace) addresses(index int) (string, error) {
	list, err := nic.Whole(func() ([]netlink.Addr, error) { return ns.netlink.AddrList(linkOf(index), netlink.FAMILY_ALL) })
	if err != nil {
		return "", err
	}
	var words []string
	for _, a := range list {
		if !a.IP.IsLinkLocalUnicast() {
			words = append(words, a.IPNet.String())
		}
	}
	slices.Sort(words)
	return strings.Join(words, " "), nil
}

// routes lists those by a device but for what the kernel makes by itself.
func (ns *Namespace) routes(index int) (string, error) {
	list, err := nic.Whole(func() ([]netlink.Route, error) { return ns.netlink.RouteList(linkOf(index), netlink.FAMILY_ALL) })
	if err != nil {
		return "", err
	}
	var words []string
	for _, r := range list {
		to := "default"
		if r.Dst != nil {
			to = r.Dst.String()
			if p, err := netip.ParsePrefix(to); err == nil && (p.Addr().IsLinkLocalUnicast() || p.Addr().IsMulticast()) {
				continue
			}
		}
		if r.Gw != nil {
			to += " via " + r.Gw.String()
		}
		words = append(words, to)
	}
	slices.Sort(words)
	return strings.Join(words, ", "), nil
}

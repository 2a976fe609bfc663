package testbed

import (
	"net"
	"slices"
)

// role is a namespace's part in the scene and the last letter of its name.
type role byte

const (
	roleA role = 'a'
	roleB role = 'b'
	roleR role = 'r' // the router
)

// Device names. The ends' are the same in every topology.
const (
	endDevice     = "tb0"
	routerDeviceA = "tb0"
	routerDeviceB = "tb1"
)

// routerDevices are those of the router or the bridge: towards A, towards B.
func routerDevices() []string { return []string{routerDeviceA, routerDeviceB} }

// linkPlan is all that one device has to be told.
type linkPlan struct {
	role   role
	device string
	mac    net.HardwareAddr // for a device that has Ethernet headers

	self    addrs
	next    addrs // the neighbour on the link
	nextMAC net.HardwareAddr
	far     addrs // the end beyond; the same as next where no router is between
	behind  addrs // on an end's own side; none of the router's
}

// layout is a topology spelled out: its namespaces, how their devices come into
// being, and what each is told.
type layout struct {
	roles []role
	wire  func(spaces map[role]*Namespace, cfg Config) error
	links []linkPlan
	// outlets are the devices that a DUT attaches to, towards A and towards B, where they
	// are not the ends' own.
	outlets []outlet
}

// outlet is a device that a DUT attaches to and that has no address: a member of a bridge.
type outlet struct{ device, bridge string }

func layoutOf(t Topology) (layout, bool) {
	switch t {
	case Devices:
		return layout{[]role{roleA, roleB}, wireDevices, directLinks(), nil}, true
	case Tunnel:
		return layout{[]role{roleA, roleB}, wireTunnel, directLinks(), nil}, true
	case Veth:
		return layout{[]role{roleA, roleB}, wireVeth, directLinks(), nil}, true
	case Route:
		return layout{[]role{roleA, roleB, roleR}, wireRoute, routedLinks(), nil}, true
	case Bridge:
		return layout{[]role{roleA, roleB, roleR}, wireBridge, directLinks(), nil}, true
	case Bridges:
		return layout{[]role{roleA, roleB, roleR}, wireBridges, directLinks(), outlets()}, true
	}
	return layout{}, false
}

// withGuest leaves out what is B's: another machine is that end.
func (l layout) withGuest() layout {
	l.roles = slices.DeleteFunc(slices.Clone(l.roles), func(r role) bool { return r == roleB })
	l.links = slices.DeleteFunc(slices.Clone(l.links), func(p linkPlan) bool { return p.role == roleB })
	return l
}

// directLinks has A and B as neighbours on one link.
func directLinks() []linkPlan {
	return []linkPlan{
		{roleA, endDevice, macA(), addrsA(), addrsB(), macB(), addrsB(), addrsBehindA()},
		{roleB, endDevice, macB(), addrsB(), addrsA(), macA(), addrsA(), addrsBehindB()},
	}
}

// routedLinks has a router between A and B.
func routedLinks() []linkPlan {
	return []linkPlan{
		{roleA, endDevice, macA(), addrsA(), addrsRouterA(), macRouterA(), addrsB(), addrsBehindA()},
		{roleR, routerDeviceA, macRouterA(), addrsRouterA(), addrsA(), macA(), addrsA(), addrs{}},
		{roleR, routerDeviceB, macRouterB(), addrsRouterB(), addrsB(), macB(), addrsB(), addrs{}},
		{roleB, endDevice, macB(), addrsB(), addrsRouterB(), macRouterB(), addrsA(), addrsBehindB()},
	}
}

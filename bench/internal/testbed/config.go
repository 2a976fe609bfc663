package testbed

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"tunbench/forwarder/tun"
)

// Topology says what stands between the two ends.
type Topology string

// The topologies.
const (
	// Devices is a persistent TUN or TAP device in A and one in B. Nothing
	// forwards between them until a DUT attaches to both.
	Devices Topology = "devices"
	// Veth is one veth pair from A to B.
	Veth Topology = "veth"
	// Route is a veth pair from A to a namespace that routes, and one from there to B.
	Route Topology = "route"
	// Tunnel is two hosts with a physical link between them, and in each the device of
	// one end of a tunnel.
	Tunnel Topology = "tunnel"
	// Bridge is the same as Route with a bridge in place of the router.
	Bridge Topology = "bridge"
	// Bridges is a veth pair from each end to a bridge of its own, and a persistent TAP
	// device on each of the two bridges. Nothing forwards between the TAP devices until a
	// DUT attaches to both.
	Bridges Topology = "bridges"
)

// hasDevices says whether the topology has devices that a DUT attaches to.
func (t Topology) hasDevices() bool { return t.endsAttach() || t == Bridges }

// endsAttach says whether those devices are the ends' own. They have no carrier before.
func (t Topology) endsAttach() bool { return t == Devices || t == Tunnel }

// Config describes a Testbed. Only Topology must be set, for Devices also Kind.
type Config struct {
	Topology Topology

	// Link is the physical link of topology Tunnel; the others have none.
	Link PhysicalLink
	// Driver makes the devices of topology Tunnel those of the kernel's own tunnel; "" is
	// TUN or TAP devices.
	Driver Driver

	// Kind of the two devices of topologies Devices and Tunnel; those of Bridges are always TAP devices.
	Kind tun.Kind
	// MultiQueue creates the devices of topologies Devices, Tunnel and Bridges with
	// IFF_MULTI_QUEUE. A DUT must then attach with that flag, and without it otherwise.
	MultiQueue bool
	// Absent leaves the devices of topologies Devices, Tunnel and Bridges to be made by
	// somebody else, before Adopt. Kind and MultiQueue mean nothing then.
	Absent bool

	// MTU of every device in bytes; 0 is the kernel's default.
	MTU int
	// TxQueueLen of every device in packets; 0 is the kernel's default. It is also
	// the size of a TUN or TAP queue's ring. A multi-queue device whose qdisc is
	// pfifo_fast takes 6 KiB of kernel memory for each, filled or not (three bands for
	// each of 256 queues): combine great lengths with noqueue.
	TxQueueLen int
	// Qdisc is the root qdisc of the devices in A and B, and of those that a DUT attaches
	// to; "" is the kernel's default.
	// One root serves all queues of a device, where the default of a multi-queue
	// device is mq with a qdisc for each queue.
	Qdisc string
	// NAPI lets veth devices take frames that an XDP program redirects into their peers.
	NAPI bool

	// Shaper replaces the root qdisc of the device in A by one with a rate; nil is
	// none. Qdisc must then be "".
	Shaper *Shaper

	// Forward makes both ends forward packets that are not for them: what comes in on
	// the loopback device of an end, from its address Behind, leaves by its device.
	Forward bool

	// Beyond are networks that the router of topology Route finds behind B, though no one
	// there has an address of them: B receives the packets and drops them in silence.
	Beyond []netip.Prefix

	// Split has the router or the bridge split superpackets and complete checksums before
	// packets leave for B.
	Split bool

	// Guest makes end B of topologies Bridge and Bridges a machine of its own, whose NIC has
	// the queues of a TAP device, see OpenGuestQueues and JoinAsGuest. That device takes the
	// place of the veth pair to B, whose namespace there is not.
	Guest bool

	// VXLAN gives each end a VXLAN device over the one that it would have without. That is
	// then the end's own device; its MTU is VXLANOverhead bytes less than MTU, and what a
	// DUT forwards are UDP packets over IPv4 with the ends' frames inside.
	VXLAN bool

	// IPv6 configures that family beside IPv4. Without it IPv6 is disabled.
	IPv6 bool

	// Sysctls are set in every namespace, by dotted name below "net.". Those with
	// the name of a device in them are set when the device is there, the others
	// before.
	Sysctls map[string]string
}

const (
	minMTU     = 68    // RFC 791, section 3.2; ETH_MIN_MTU in the kernel
	minMTUIPv6 = 1280  // RFC 8200, section 5
	maxMTU     = 65535 // ETH_MAX_MTU

	maxTxQueueLen = 1 << 20 // rings of 8 MiB; far beyond what queues ever hold
)

// qdiscs are the root qdiscs that work without parameters.
func qdiscs() []string {
	return []string{"noqueue", "pfifo_fast", "pfifo", "fq_codel", "fq", "cake"}
}

// check returns a *ConfigError for the first field that cannot be used.
func (c *Config) check() error {
	if _, ok := layoutOf(c.Topology); !ok {
		return &ConfigError{"Topology", string(c.Topology), "devices, tunnel, veth, route, bridge or bridges"}
	}
	if c.Absent && !c.Topology.hasDevices() {
		return &ConfigError{"Absent", string(c.Topology), "false: only devices of a device under test can come later"}
	}
	if c.Guest && c.Topology != Bridge && c.Topology != Bridges {
		return &ConfigError{"Guest", string(c.Topology), "false: only a bridge joins a guest"}
	}
	if c.Guest && c.VXLAN {
		return &ConfigError{"VXLAN", "true", "false with Guest, whose devices are not seen from here"}
	}
	if c.Topology.endsAttach() && c.Driver == "" && !c.Absent && c.Kind != tun.TUN && c.Kind != tun.TAP {
		return &ConfigError{"Kind", c.Kind.String(), "tun or tap"}
	}
	if least := c.minMTU(); c.MTU != 0 && (c.MTU < least || c.MTU > maxMTU) {
		return &ConfigError{"MTU", fmt.Sprint(c.MTU), fmt.Sprintf("0 or %d to %d", least, maxMTU)}
	}
	if c.TxQueueLen < 0 || c.TxQueueLen > maxTxQueueLen {
		return &ConfigError{"TxQueueLen", fmt.Sprint(c.TxQueueLen), fmt.Sprintf("0 to %d", maxTxQueueLen)}
	}
	if c.Qdisc != "" && !slices.Contains(qdiscs(), c.Qdisc) {
		return &ConfigError{"Qdisc", c.Qdisc, "nothing, " + strings.Join(qdiscs(), ", ")}
	}
	if err := c.checkShaper(); err != nil {
		return err
	}
	if err := c.checkDriver(); err != nil {
		return err
	}
	if err := c.checkLink(); err != nil {
		return err
	}
	for name := range c.Sysctls {
		if !isNetSysctl(name) {
			return &ConfigError{"Sysctls", name, "a dotted name below net., such as net.ipv4.tcp_timestamps"}
		}
	}
	return nil
}

func (c *Config) minMTU() int {
	overhead := 0
	if c.VXLAN {
		overhead = VXLANOverhead
	}
	if c.IPv6 {
		return minMTUIPv6 + overhead
	}
	return minMTU + overhead
}

package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// tunnel is what a scenario must know of a device under test that is a tunnel: a pair of ends with a physical link between.
type tunnel struct {
	name     DUT
	devs     []Dev    // device types of its ends, at least one
	settings []string // keys that it understands, of those that otherwise only dut=forwarder has
	kernel   bool     // the kernel's own: there is no program
	overhead func(*Scenario) int
	own4     bool // it carries only what its ends themselves send, and IPv4
	ip4      bool // it carries IPv4 only
	declared bool // it is a program that was declared, see [Declare]
}

// Header lengths on the physical link, which is IPv4, in bytes.
const (
	ethernetHeaderLen = 14
	outerUDPLen       = ipv4HeaderLen + udpHeaderLen
)

// tunnels lists all of ours, and nothing else does. A new one is a row here; how its ends come about says a file in package
// dut/tunnel, or of the kernel's own a row of the same name in drivers of package testbed.
func tunnels() []tunnel {
	return []tunnel{
		{name: Plain, devs: []Dev{TUN, TAP}, settings: []string{"queues", "batch"}, overhead: inUDP(0)},
		{name: OpenVPN, devs: []Dev{TUN, TAP}, overhead: openVPNOverhead},
		{name: WireGuardGo, devs: []Dev{TUN}, settings: []string{"queues", "steer"}, overhead: inUDP(wireGuardLen)},
		{name: Nebula, devs: []Dev{TUN}, overhead: inUDP(nebulaLen), own4: true},
		// RFC 7348, section 5: IPv4, UDP, VXLAN and inner Ethernet header.
		{name: KernelVXLAN, devs: []Dev{TAP}, kernel: true, overhead: inUDP(8)},
		// ipip_tunnel_xmit in net/ipv4/ipip.c drops IPv6.
		{name: IPIP, devs: []Dev{TUN}, kernel: true, overhead: func(*Scenario) int { return ipv4HeaderLen }, ip4: true},
		{name: GRE, devs: []Dev{TUN}, kernel: true, overhead: func(*Scenario) int { return ipv4HeaderLen + greHeaderLen }},
		{name: WireGuard, devs: []Dev{TUN}, kernel: true, overhead: inUDP(wireGuardLen)},
	}
}

// inUDP is the overhead of a tunnel that puts each packet or frame, and so many bytes of its own, into a UDP packet.
func inUDP(own int) func(*Scenario) int { return carrying(outerUDPLen + own) }

// carrying is the overhead of a tunnel that puts so many bytes before each packet or frame.
func carrying(own int) func(*Scenario) int {
	return func(s *Scenario) int {
		if s.Device() == TAP {
			return own + ethernetHeaderLen
		}
		return own
	}
}

// KernelTunnels returns the tunnels that are the kernel's own: of topo=tunnel, without a program.
func KernelTunnels() (names []DUT) {
	for _, t := range tunnels() {
		if t.kernel {
			names = append(names, t.name)
		}
	}
	return names
}

// tunnelOf is the tunnel of a name; nil if there is none.
func tunnelOf(name DUT) *tunnel {
	all := tunnels()
	for _, p := range declared() {
		if p.Tunnel {
			all = append(all, tunnel{name: p.Name, devs: p.Devs, settings: p.Settings, overhead: carrying(p.Overhead), declared: true})
		}
	}
	i := slices.IndexFunc(all, func(t tunnel) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// tunnel is the one under test; nil if it is none.
func (s *Scenario) tunnel() *tunnel {
	if s.Topo != Tunnel {
		return nil
	}
	return tunnelOf(s.DUT)
}

// Overhead is how many bytes a tunnel adds to an IP packet, from IP packet to IP packet on the physical link. Of a
// tunnel that carries Ethernet frames the inner Ethernet header is a part of it. It is 0 without a tunnel.
func (s Scenario) Overhead() int {
	if t := s.tunnel(); t != nil {
		return t.overhead(&s)
	}
	return 0
}

// Unlimited is the LinkRate of a physical link that is as fast as it goes.
const Unlimited = -1

// Limits of LinkRate in bit/s.
const (
	minLinkRate = 64_000
	maxLinkRate = 1_000_000_000_000
)

// linkRate is the key of the rate of the physical link.
func linkRateKey() key {
	return key{
		name: "linkrate", doc: "rate of the physical link, in bit/s each way", initial: constant("unlimited"),
		allowed: "unlimited, or 64k to 1000G, such as 100M or 2.5G",
		parse: func(s *Scenario, text string) error {
			if text == "unlimited" {
				s.LinkRate = Unlimited
				return nil
			}
			rate, ok := parsePps(text)
			if !ok || rate < minLinkRate || rate > maxLinkRate {
				return errors.New("not a rate")
			}
			s.LinkRate = rate
			return nil
		},
		print: func(s *Scenario) string {
			if s.LinkRate == Unlimited {
				return "unlimited"
			}
			return strconv.FormatInt(s.LinkRate, 10)
		},
	}
}

const tunnelOnly = "applies only to topo=tunnel"

func hasLink(s *Scenario) bool { return s.Topo == Tunnel }

// plainOnly restricts a key to our own tunnel.
func (k key) plainOnly() key {
	return k.only("applies only to dut=plain", func(s *Scenario) bool { return s.DUT == Plain && s.Topo == Tunnel })
}

// checkTunnelMTU says which MTU fits where this one does not.
func checkTunnelMTU(s *Scenario) *breach {
	t := s.tunnel()
	if t == nil {
		return nil
	}
	overhead := t.overhead(s)
	if s.MTU+overhead <= s.LinkMTU {
		return nil
	}
	fits := fmt.Sprintf("up to mtu=%d", s.LinkMTU-overhead)
	if s.MTU+overhead <= maxPacketLen {
		fits += fmt.Sprintf(", or linkmtu=%d", s.MTU+overhead)
	}
	return &breach{fmt.Sprintf("with the %d bytes that dut=%s adds a packet does not fit linkmtu=%d", overhead, s.DUT, s.LinkMTU), fits}
}

// tunnelMTU is what the encapsulation leaves of the physical link's MTU, "" without a tunnel.
func tunnelMTU(s *Scenario) string {
	t := s.tunnel()
	if t == nil {
		return ""
	}
	return strconv.Itoa(max(cmp.Or(s.LinkMTU, defaultLinkMTU)-t.overhead(s), minMTU))
}

const (
	defaultLinkMTU = 1500
	minMTU         = 576
	greHeaderLen   = 4   // RFC 2784, without options
	minLinkMTU     = 700 // minMTU and the overhead of any tunnel
)

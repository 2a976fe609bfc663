// Package scenario is what is asked of a measurement: the settings of one trial, their canonical name, the words a user types for them,
// cross products and presets. It is pure: it opens nothing and knows nothing of the machine.
package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
)

// DUT is the device under test.
type DUT string

// The devices under test.
const (
	Forwarder   DUT = "forwarder"    // tunbench forward between two TUN or TAP devices
	WireGuardGo DUT = "wireguard-go" // wireguard-go's tun package between two TUN devices, without its cryptography
	Netpoll     DUT = "netpoll"      // plain reads and writes of Go's os.File between two TUN devices
	Route       DUT = "route"        // the kernel's router between two veth pairs
	Veth        DUT = "veth"         // one veth pair, nothing between
	Bridge      DUT = "bridge"       // the kernel's bridge between two veth pairs
	KernelVXLAN DUT = "vxlan"        // the kernel's tunnel of Ethernet frames in UDP
	IPIP        DUT = "ipip"         // the kernel's tunnel of IP in IP
	GRE         DUT = "gre"          // the kernel's tunnel of IP in GRE
	WireGuard   DUT = "wireguard"    // the kernel's WireGuard
	Plain       DUT = "plain"        // our own tunnel: packets in UDP, without a cipher
	OpenVPN     DUT = "openvpn"      // the tunnel program OpenVPN
	Nebula      DUT = "nebula"       // the tunnel program nebula
)

// Dev is the type of the devices that the forwarder joins.
type Dev string

// The device types.
const (
	TUN Dev = "tun"
	TAP Dev = "tap"
)

// Proto is the transport protocol of the load.
type Proto string

// The transport protocols.
const (
	UDP Proto = "udp"
	TCP Proto = "tcp"
)

// CC is the congestion control of TCP.
type CC string

// The congestion controls.
const (
	Cubic CC = "cubic"
	Reno  CC = "reno"
	BBR   CC = "bbr"
)

// IP is a version of the Internet Protocol.
type IP string

// The versions.
const (
	IPv4 IP = "4"
	IPv6 IP = "6"
)

// Offload names the offloads that the forwarder asks its devices for: tso and uso each include csum, all includes both, tunnel includes all.
type Offload string

// The offloads.
const (
	OffloadNone   Offload = "none"
	OffloadCsum   Offload = "csum"
	OffloadTSO    Offload = "tso"
	OffloadUSO    Offload = "uso"
	OffloadAll    Offload = "all"
	OffloadTunnel Offload = "tunnel" // superpackets inside UDP tunnels as well
)

// Steer is what chooses the queue of a packet that leaves by a device with several.
type Steer string

// The ways to steer.
const (
	SteerHash   Steer = "hash"   // an eBPF program, by flow: both directions of one meet on one worker
	SteerCPU    Steer = "cpu"    // an eBPF program, by the CPU that sends
	SteerKernel Steer = "kernel" // what the driver does by itself
)

// DefaultSteer is how packets are steered if nothing is said.
const DefaultSteer = SteerHash

// Dir says which ends send.
type Dir string

// The directions.
const (
	Uni Dir = "uni" // A to B
	Bi  Dir = "bi"  // both at once
)

// Qdisc is the root queueing discipline of the devices at both ends.
type Qdisc string

// The queueing disciplines.
const (
	QdiscDefault Qdisc = "default" // what the kernel chooses
	QdiscNone    Qdisc = "noqueue"
	PfifoFast    Qdisc = "pfifo_fast"
	FqCodel      Qdisc = "fq_codel"
	Fq           Qdisc = "fq"
)

// Gen is what makes the packets of the load.
type Gen string

// The generators.
const (
	GenXDP      Gen = "xdp"      // an XDP program in the kernel that is run with live frames
	GenXDPIP    Gen = "xdp-ip"   // the same, whose packets the IP stack routes to the device
	GenSocket   Gen = "socket"   // sockets of tunbench itself
	GenIperf3   Gen = "iperf3"   // iperf3, as client and server
	GenSockperf Gen = "sockperf" // sockperf, as client and server
)

// InKernel says whether packets are made without sockets.
func (g Gen) InKernel() bool { return g == GenXDP || g == GenXDPIP }

// Independent says whether somebody else's program sends the load and counts what arrives of it.
func (g Gen) Independent() bool { return g == GenIperf3 || g == GenSockperf }

// Sink is what receives and counts the packets of a UDP load.
type Sink string

// The sinks.
const (
	SinkTCX    Sink = "tcx"    // an eBPF program on the receiving device, before the IP stack
	SinkXDP    Sink = "xdp"    // a native XDP program in the receiving device's driver
	SinkSocket Sink = "socket" // a UDP socket: what an application sees
)

// FlowOrder says which flow's turn it is to send.
type FlowOrder string

// The orders.
const (
	Interleaved FlowOrder = "interleaved" // packet by packet in turn
	InOrder     FlowOrder = "inorder"     // a run of packets of one flow before the next
	Zipf        FlowOrder = "zipf"        // few flows have most packets: flow i in proportion to 1/(i+1)
)

// Switch is a setting that is on or off.
type Switch string

// The positions of a switch.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// Scenario has every setting of one trial. The zero value of a field means that its key does not apply (such as
// Queues with dut=veth); every other field is explicit, defaults included. [Parse] and [Override] make scenarios,
// and keep the rules between keys. Scenarios are comparable; two are equal exactly if their names are.
type Scenario struct {
	DUT     DUT
	Topo    Topo
	Dev     Dev
	VNet    Switch // virtio_net_hdr
	Offload Offload
	Queues  int // of each device
	Batch   int // packets moved by one call of a worker
	Spin    time.Duration
	Engine  forwarder.Engine
	GSO     forwarder.GSO
	GRO     forwarder.GRO
	Follow  forwarder.Follow
	Steer   Steer       // with several queues
	Intake  intake.Mode // where an intake is possible

	// Of topo=tunnel alone.
	UGSO      Switch        // the tunnel sends several packets as one UDP superpacket
	UGRO      Switch        // the tunnel receives several packets as one UDP superpacket
	Cipher    Cipher        // of the tunnel
	WGTun     WGTun         // the device below wireguard-go
	LinkMTU   int           // of the physical link, in bytes
	LinkRate  int64         // of the physical link, in bit/s; or Unlimited
	LinkDelay time.Duration // of the physical link, one way

	Pin      Switch // workers and UDP generators each on their CPU
	Proto    Proto
	CC       CC
	IP       IP
	Load     Load
	Dir      Dir
	Size     Sizes
	Segs     int // segments per UDP_SEGMENT superpacket; 1 is none
	Flows    int // UDP flows or TCP streams
	Order    FlowOrder
	Gen      Gen // empty for superpackets, which leave only sockets
	Sink     Sink
	Verify   Switch // the sink checks every byte of the payload
	MTU      int
	TxQLen   int // packets
	Qdisc    Qdisc
	Duration time.Duration
	Warmup   time.Duration

	// The guest of topo=vm.
	Guest        string // its kernel
	GuestQueues  int    // of its NIC
	GuestOffload GuestOffload
	Accel        Accel

	Sysctls Sysctls // of every network namespace; empty is none
}

// OpenLoop says whether the load is UDP that does not wait for answers, and generator and sink are ours: each packet is sent at its time and
// accounted for.
func (s Scenario) OpenLoop() bool { return s.isDatagrams() && !s.Gen.Independent() }

// isDatagrams says whether the load is UDP that does not wait for answers.
func (s Scenario) isDatagrams() bool { return s.Proto == UDP && s.Load.Mode != LoadPingPong }

// IsRival reports whether the device under test is a forwarder of somebody else that tunbench has built in.
func (s Scenario) IsRival() bool { return s.DUT == WireGuardGo || s.DUT == Netpoll }

// HasProcess reports whether the device under test is a program, not the kernel itself.
func (s Scenario) HasProcess() bool {
	t := s.tunnel()
	return s.DUT == Forwarder || s.IsRival() || s.IsProgram() || t != nil && !t.kernel
}

// onTUN says whether packets arrive by a TUN device.
func (s Scenario) onTUN() bool { return s.HasProcess() && s.Device() == TUN }

// Name is the canonical name: the key=value pairs of all keys that apply, sorted by key, joined by '/'. A key that is optional is left out
// where it has the value that all had before there was the key (topo=direct). [Parse] of the name gives s again.
func (s Scenario) Name() string { return s.nameOf(func(string) bool { return true }) }

// MarshalText implements [encoding.TextMarshaler]: it is the name.
func (s Scenario) MarshalText() ([]byte, error) { return []byte(s.Name()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It takes what [Parse] takes for one scenario.
func (s *Scenario) UnmarshalText(text []byte) error {
	scenarios, err := Parse([]string{string(text)})
	if err != nil {
		return err
	}
	if len(scenarios) != 1 {
		return fmt.Errorf("%s: want one scenario, not %d", text, len(scenarios))
	}
	*s = scenarios[0]
	return nil
}

// keys are those that apply.
func (s Scenario) keys() []*key {
	var apply []*key
	for i := range keys {
		if keys[i].applies(&s) == "" {
			apply = append(apply, &keys[i])
		}
	}
	return append(apply, s.sysctlKeys()...)
}

// nameOf is the part of the name that has the wanted keys.
func (s Scenario) nameOf(wanted func(key string) bool) string {
	var pairs []string
	for _, k := range s.keys() {
		if wanted(k.name) && !k.isSilent(&s) {
			pairs = append(pairs, k.name+"="+k.print(&s))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "/")
}

// Header lengths of a UDP packet, in bytes: RFC 791 without options, RFC 8200, RFC 768.
const (
	ipv4HeaderLen = 20
	ipv6HeaderLen = 40
	udpHeaderLen  = 8
)

// UDPHeaderLen is the length of the IP and UDP headers, in bytes.
func (s Scenario) UDPHeaderLen() int {
	if s.IP == IPv6 {
		return ipv6HeaderLen + udpHeaderLen
	}
	return ipv4HeaderLen + udpHeaderLen
}

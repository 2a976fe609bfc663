package scenario

import (
	"fmt"
	"strconv"
	"time"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
)

// keys is the list of settings, in the order of the help text. A key may look only at keys before it to say whether it applies and what its
// default is. The list is never changed.
var keys = withGuest([]key{
	dutKey(),
	topoKey(),
	word("dev", "type of the forwarder's devices", TUN, func(s *Scenario) *Dev { return &s.Dev }, TUN, TAP).
		defaulting(defaultDev).with(checkDev).only("applies only to dut=forwarder, or a program or tunnel that takes both types", hasDev),
	word("vnet", "vnet header (virtio_net_hdr) on every packet", On, func(s *Scenario) *Switch { return &s.VNet }, On, Off).
		understood(),
	word("offload", "offloads of the devices: tso and uso include csum, all both, tunnel (dev=tap) all; none with vnet=off", OffloadAll,
		func(s *Scenario) *Offload { return &s.Offload }, OffloadNone, OffloadCsum, OffloadTSO, OffloadUSO, OffloadAll, OffloadTunnel).
		understood().defaulting(defaultOffload).with(checkOffload),
	number("queues", "queues per device, a worker for each index, but no more than CPUs", 1, 1, tun.MaxQueues, func(s *Scenario) *int { return &s.Queues }).
		understood(),
	number("batch", "packets a worker moves at most before it serves the other direction", forwarder.DefaultBatch, 1, forwarder.MaxBatch, func(s *Scenario) *int { return &s.Batch }).
		understood(),
	span("spin", "how long an idle worker polls before it sleeps", forwarder.DefaultSpin, 0, forwarder.MaxSpin,
		func(s *Scenario) *time.Duration { return &s.Spin }).
		understood(),
	word("engine", "how packets are moved: system calls (sync), batches through io_uring (uring), or what suits the load", forwarder.EngineAuto,
		func(s *Scenario) *forwarder.Engine { return &s.Engine }, forwarder.Engines()...).
		understood(),
	word("gso", "superpackets: forwarded as they are, or split into segments; pass with vnet=off", forwarder.GSOPass,
		func(s *Scenario) *forwarder.GSO { return &s.GSO }, forwarder.GSOs()...).
		understood().with(checkGSO),
	word("gro", "coalesce packets of one flow into superpackets where it pays; off with vnet=off or sink=xdp", forwarder.GROAuto,
		func(s *Scenario) *forwarder.GRO { return &s.GRO }, forwarder.GROs()...).
		understood().defaulting(defaultGRO).with(checkGRO).afterAll(),
	word("steer", "what chooses the queue: an eBPF program by flow or by CPU, or the kernel", DefaultSteer,
		func(s *Scenario) *Steer { return &s.Steer }, SteerHash, SteerCPU, SteerKernel).
		only("applies only to dut=forwarder or wireguard-go with several queues", canSteer),
	word("intake", "take packets into shared memory before they reach the device, past its filters, qdisc, captures and counters", intake.ModeOff,
		func(s *Scenario) *intake.Mode { return &s.Intake }, intake.Modes()...).
		only("applies only to dut=forwarder engine=auto offload=all, not steer=kernel", canTakeIn),
	word("follow", "a worker may run beside the sender while packets answer each other and the answers come sooner there", forwarder.FollowAuto,
		func(s *Scenario) *forwarder.Follow { return &s.Follow }, forwarder.Follows()...).
		only(forwarderOnly, isForwarder).optional(string(forwarder.FollowAuto)),
	word("ugso", "what the tunnel sends at once leaves as one UDP superpacket (UDP_SEGMENT)", On, func(s *Scenario) *Switch { return &s.UGSO }, On, Off).
		plainOnly(),
	word("ugro", "what arrives at once comes to the tunnel as one UDP superpacket (UDP_GRO)", On, func(s *Scenario) *Switch { return &s.UGRO }, On, Off).
		plainOnly(),
	word("cipher", "what the tunnel encrypts with", AES256GCM, func(s *Scenario) *Cipher { return &s.Cipher }, AES256GCM, ChaCha20Poly1305, NoCipher).
		ofTunnel(OpenVPN),
	word("wgtun", "its own device, our queues; or its fork on its own device or with a reader for each of our queues", WGOwn,
		func(s *Scenario) *WGTun { return &s.WGTun }, WGOwn, WGQueues, WGFork, WGMultiQueue).
		ofTunnel(WireGuardGo).with(checkWGTun),
	number("linkmtu", "MTU of the physical link", defaultLinkMTU, minLinkMTU, 65535, func(s *Scenario) *int { return &s.LinkMTU }).
		only(tunnelOnly, hasLink),
	linkRateKey().only(tunnelOnly, hasLink),
	span("linkdelay", "how long a packet is on the physical link, one way", 0, 0, 10*time.Second, func(s *Scenario) *time.Duration { return &s.LinkDelay }).
		only(tunnelOnly, hasLink),

	word("proto", "transport protocol of the load", UDP, func(s *Scenario) *Proto { return &s.Proto }, UDP, TCP),
	word("cc", "congestion control of TCP, whatever the host's default is", Cubic, func(s *Scenario) *CC { return &s.CC }, Cubic, Reno, BBR).
		only(tcpOnly, isTCP),
	word("ip", "version of the Internet Protocol", IPv4, func(s *Scenario) *IP { return &s.IP }, IPv4, IPv6).with(checkIP),
	word("pin", "pin the forwarder's workers, a rival's process and UDP generators each to a CPU", On, func(s *Scenario) *Switch { return &s.Pin }, On, Off).
		only("applies only to proto=udp or a dut that is a process", canPin),
	load.with(checkLoad),
	word("dir", "one way, or both at once", Uni, func(s *Scenario) *Dir { return &s.Dir }, Uni, Bi).with(checkDir),
	size.only(udpOnly, isUDP).with(checkSize),
	number("segs", "segments per superpacket that the sender makes (UDP_SEGMENT)", 1, 1, 128, func(s *Scenario) *int { return &s.Segs }).
		only(udpOnly, isUDP).with(checkSegs),
	number("flows", "UDP flows or TCP streams", 1, 1, maxFlows, func(s *Scenario) *int { return &s.Flows }).with(checkFlows).
		allowing("1..32768; 4096 with gen=socket, 1024 with proto=tcp"),
	word("gen", "generator: XDP in the kernel, straight into the device or by the IP stack; sockets; a program of others", GenXDP,
		func(s *Scenario) *Gen { return &s.Gen }, GenXDP, GenXDPIP, GenSocket, GenIperf3, GenSockperf).
		only("applies only with segs=1: superpackets leave only sockets", canChooseGen).
		besides(idleGen).optionalAs(silentGen).defaulting(defaultGen).with(checkGen),
	word("order", "which flow sends next: each in turn, runs of 64 packets, or few flows with most packets", Interleaved,
		func(s *Scenario) *FlowOrder { return &s.Order }, Interleaved, InOrder, Zipf).
		only(openLoopOnly, isOpenLoop),
	word("sink", "what counts the packets that arrive: an eBPF program on the device, XDP in its driver, or a UDP socket", SinkTCX,
		func(s *Scenario) *Sink { return &s.Sink }, SinkTCX, SinkXDP, SinkSocket).
		only(openLoopOnly, isOpenLoop).with(checkSink),
	word("verify", "check every byte of the payload, not only the stamp", On, func(s *Scenario) *Switch { return &s.Verify }, On, Off).
		only(openLoopOnly, isOpenLoop).defaulting(defaultVerify),

	number("mtu", "MTU of the devices; with topo=tunnel what the encapsulation leaves of linkmtu", 1500, minMTU, 65535, func(s *Scenario) *int { return &s.MTU }).with(checkMTU).
		defaulting(defaultMTU),
	number("txqlen", "transmit queue length of the devices, in packets", 1000, 1, maxTxQLen, func(s *Scenario) *int { return &s.TxQLen }),
	word("qdisc", "root queueing discipline of the devices", QdiscDefault, func(s *Scenario) *Qdisc { return &s.Qdisc },
		QdiscDefault, QdiscNone, PfifoFast, FqCodel, Fq),
	span("duration", "measured time of a trial", time.Second, 100*time.Millisecond, time.Hour,
		func(s *Scenario) *time.Duration { return &s.Duration }),
	span("warmup", "time under load before the measurement", 200*time.Millisecond, 0, time.Minute,
		func(s *Scenario) *time.Duration { return &s.Warmup }),
})

// load is the one key that is neither a word nor a number.
var load = key{
	name: "load", doc: "intended load per direction", allowed: loadAllowed, initial: constant(string(LoadMax)), applies: always,
	parse: func(s *Scenario, text string) (err error) {
		s.Load, err = parseLoad(text)
		return err
	},
	print: func(s *Scenario) string { return s.Load.String() },
}

// size is a number or a mix of numbers.
var size = key{
	name: "size", doc: "bytes of an IP packet, headers included; imix is 64x7+570x4+1518x1, weights after an x",
	allowed: "44 (ip=4) or 64 (ip=6) up to the mtu; imix; a mix, 64x7+1400x1", initial: constant("64"), applies: always,
	parse: func(s *Scenario, text string) (err error) {
		s.Size, err = parseSizes(text)
		return err
	},
	print: func(s *Scenario) string { return string(s.Size) },
}

const (
	forwarderOnly = "applies only to dut=forwarder"
	udpOnly       = "applies only to proto=udp"
	tcpOnly       = "applies only to proto=tcp"
	openLoopOnly  = "applies only to open-loop udp with a gen of tunbench"
)

func canTakeIn(s *Scenario) bool {
	return s.DUT == Forwarder && s.Engine == forwarder.EngineAuto && s.Offload == OffloadAll && (s.Queues == 1 || s.Steer != SteerKernel)
}

func isForwarder(s *Scenario) bool { return s.DUT == Forwarder }

func isUDP(s *Scenario) bool { return s.Proto == UDP }

func isTCP(s *Scenario) bool { return s.Proto == TCP }

func isOpenLoop(s *Scenario) bool { return s.OpenLoop() }

func canChooseGen(s *Scenario) bool { return !isUDP(s) || s.Segs == 1 }

func canPin(s *Scenario) bool { return s.HasProcess() || isUDP(s) }

func defaultDev(s *Scenario) string {
	if s.Topo.hasBridge() {
		return string(TAP)
	}
	return string(TUN)
}

func checkDev(s *Scenario) *breach {
	if s.Topo.hasBridge() && s.Dev == TUN {
		return &breach{"a bridge takes Ethernet frames, which a TUN device does not carry", "tap with topo=" + string(s.Topo)}
	}
	return nil
}

func defaultOffload(s *Scenario) string {
	if s.VNet == Off {
		return string(OffloadNone)
	}
	return string(OffloadAll)
}

func checkOffload(s *Scenario) *breach {
	if s.VNet == Off && s.Offload != OffloadNone {
		return &breach{"needs the vnet header", "none, or any with vnet=on"}
	}
	if s.Offload == OffloadTunnel && s.Device() != TAP {
		return &breach{"Linux takes superpackets of UDP tunnels back from TAP devices only", "up to all, or tunnel with dev=tap"}
	}
	return nil
}

func checkGSO(s *Scenario) *breach {
	if s.VNet == Off && s.GSO != forwarder.GSOPass {
		return &breach{"there are no superpackets without the vnet header", "pass, or any with vnet=on"}
	}
	return nil
}

// defaultGRO is off where superpackets cannot be written, or not be counted.
func defaultGRO(s *Scenario) string {
	if s.VNet == Off || s.countsByXDP() {
		return string(forwarder.GROOff)
	}
	return string(forwarder.GROAuto)
}

func checkGRO(s *Scenario) *breach {
	if s.VNet == Off && s.GRO != forwarder.GROOff {
		return &breach{"a superpacket needs the vnet header", "off, or any with vnet=on"}
	}
	if s.countsByXDP() && s.GRO != forwarder.GROOff {
		return &breach{"XDP sees a superpacket as one packet", "off, or any with sink=tcx or socket"}
	}
	return nil
}

func checkLoad(s *Scenario) *breach {
	if s.Proto == TCP && s.Load.Mode != LoadMax {
		return &breach{"TCP paces itself", "max with proto=tcp"}
	}
	if least := s.LeastPps(s.Duration); s.Load.Mode == LoadPaced && s.Load.Pps < least {
		what := "packet"
		if s.Segs > 1 {
			what = fmt.Sprintf("superpacket of %d packets", s.Segs)
		}
		return &breach{
			fmt.Sprintf("less than one %s is due in duration=%s", what, printDuration(s.Duration)), fmt.Sprintf("%d or more, or a longer duration", least),
		}
	}
	return nil
}

func checkDir(s *Scenario) *breach {
	if s.Load.Mode == LoadPingPong && s.Dir != Uni {
		return &breach{"ping-pong has one packet in flight", "uni with load=pingpong"}
	}
	return nil
}

// stampLen is the length of the stamp that every UDP payload begins with, in bytes.
const stampLen = 16

func checkSize(s *Scenario) *breach {
	low := s.UDPHeaderLen() + stampLen
	allowed := fmt.Sprintf("%d..%d", low, s.InnerMTU())
	switch {
	case s.Load.Mode == LoadPingPong && s.Size.mixed():
		return &breach{"ping-pong has packets of one size", "a single size with load=pingpong"}
	case s.Size.smallest() < low:
		return &breach{fmt.Sprintf("below the %d bytes of an IPv%s header, UDP header and stamp", low, s.IP), allowed}
	case s.Topo == VXLAN && s.Size.Largest() > s.InnerMTU():
		return &breach{
			fmt.Sprintf("above the %d bytes that VXLAN leaves of mtu=%d", s.InnerMTU(), s.MTU), fmt.Sprintf("%s, or mtu=%d", allowed, s.Size.Largest()+vxlanOverhead),
		}
	case s.Size.Largest() > s.MTU:
		return &breach{fmt.Sprintf("above mtu=%d", s.MTU), allowed + ", more with a larger mtu"}
	}
	return nil
}

// maxPacketLen is the longest IP packet, and superpacket, that a device carries, in bytes.
const maxPacketLen = 65535

func checkSegs(s *Scenario) *breach {
	if s.Load.Mode == LoadPingPong && s.Segs != 1 {
		return &breach{"ping-pong has one packet in flight", "1 with load=pingpong"}
	}
	if s.Segs > 1 && s.Size.mixed() {
		return &breach{"the segments of a superpacket have one size", "1 with a mix of sizes"}
	}
	limit := maxPacketLen - s.overhead() - s.UDPHeaderLen()
	payload := s.Size.Largest() - s.UDPHeaderLen()
	if s.Segs > 1 && s.Segs*payload > limit {
		return &breach{
			fmt.Sprintf("%d payloads of %d bytes exceed the %d bytes of one UDP send", s.Segs, payload, limit),
			fmt.Sprintf("1..%d with size=%s", limit/payload, s.Size),
		}
	}
	return nil
}

func checkFlows(s *Scenario) *breach {
	if s.Load.Mode == LoadPingPong && s.Flows != 1 {
		return &breach{"ping-pong has one packet in flight", "1 with load=pingpong"}
	}
	if s.Proto == TCP && s.Flows > maxStreams {
		return &breach{"each TCP stream has buffers of its own", fmt.Sprintf("1..%d with proto=tcp", maxStreams)}
	}
	if s.Proto == UDP && !s.Gen.InKernel() && s.Flows > maxSocketFlows {
		return &breach{"each flow has a socket of its own", fmt.Sprintf("1..%d without an in-kernel gen", maxSocketFlows)}
	}
	return nil
}

// maxTxQLen keeps the kernel memory of a multi-queue device with pfifo_fast, 6 KiB for each packet of its length, below half a gigabyte.
const maxTxQLen = 65536

const (
	// maxFlows keeps the source ports of both directions below 65536.
	maxFlows = 32768
	// maxSocketFlows leaves room below the usual limit of open files.
	maxSocketFlows = 4096
)

// countsByXDP says that a program which cannot open superpackets counts what arrives.
func (s *Scenario) countsByXDP() bool { return s.OpenLoop() && s.Sink == SinkXDP }

func checkSink(s *Scenario) *breach {
	if s.Sink != SinkXDP {
		return nil
	}
	if t := s.tunnel(); t != nil && t.kernel {
		return &breach{"the kernel's tunnel devices have no XDP in their driver", "tcx or socket"}
	}
	if s.Topo == VXLAN {
		return &breach{"a VXLAN device has no XDP in its driver", "tcx or socket with topo=vxlan"}
	}
	if s.onTUN() {
		return &breach{"a TUN device has no XDP in its driver", "tcx, socket, or xdp with dev=tap"}
	}
	if s.Segs > 1 {
		return &breach{"XDP sees a superpacket as one packet", "tcx or socket with segs above 1"}
	}
	return nil
}

// defaultVerify leaves superpackets alone: to read all of their bytes takes longer than to forward them.
func defaultVerify(s *Scenario) string {
	if s.Segs > 1 {
		return string(Off)
	}
	return string(On)
}

// defaultMTU fits the standard mix, whose largest packet is no Ethernet one.
func defaultMTU(s *Scenario) string {
	if mtu := tunnelMTU(s); mtu != "" {
		return mtu
	}
	if s.Size == IMIX {
		return strconv.Itoa(1518 + s.overhead())
	}
	return "1500"
}

// maxStreams bounds the memory of TCP streams.
const maxStreams = 1024

// maxMTUTAP leaves room for the Ethernet header in what a TAP device can carry (drivers/net/tun.c).
const maxMTUTAP = maxPacketLen - 14

// minMTUIPv6 is the least MTU on which IPv6 works (RFC 8200, section 5).
const minMTUIPv6 = 1280

func checkMTU(s *Scenario) *breach {
	if least := minMTUIPv6 + s.overhead(); s.IP == IPv6 && s.MTU < least {
		return &breach{"below the least MTU of IPv6", fmt.Sprintf("%d..65535 with ip=6", least)}
	}
	if s.HasProcess() && s.Device() == TAP && s.MTU > maxMTUTAP {
		return &breach{"leaves no room for the Ethernet header", fmt.Sprintf("576..%d with dev=tap", maxMTUTAP)}
	}
	return checkTunnelMTU(s)
}

package measure

import (
	"math"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// pairOfPrograms is a tunnel with a program at each end.
type pairOfPrograms interface {
	// Ends returns the processes of each end, A's first.
	Ends() [2][]int
	// EndCPUTime returns the CPU time of all processes that end 0 or 1 had; false if the system does not keep it.
	EndCPUTime(end int) (time.Duration, bool)
}

// readEnds reads the CPU time of both ends of a tunnel; nothing of any other device under test.
func readEnds(running dut.Running) (used [2]host.ProcessTime, err error) {
	pair, ok := running.(pairOfPrograms)
	if !ok {
		return used, nil
	}
	for i, pids := range pair.Ends() {
		if used[i], err = host.ReadProcessTime(pids...); err != nil {
			return used, err
		}
		if whole, known := pair.EndCPUTime(i); known {
			used[i].SetWhole(whole)
		}
	}
	return used, nil
}

// reportTunnel fills in what a tunnel made of the packets and what its ends cost.
func reportTunnel(t *results.Trial, s scenario.Scenario, seen testbed.Counters, used, forPackets cpuUse, elapsed time.Duration, packets uint64, hasProcess bool) {
	if s.Topo != scenario.Tunnel {
		return
	}
	r := &results.Tunnel{}
	t.Tunnel = r
	if len(seen.Physical) == 2 {
		addOverhead(r, s, seen, t)
	}
	if !hasProcess {
		return
	}
	a, b := float64(forPackets.ends[0].RunNs), float64(forPackets.ends[1].RunNs)
	r.ANsPerPacket, r.BNsPerPacket = each(a, packets), each(b, packets)
	if elapsed <= 0 {
		return
	}
	r.ABusyRatio, r.BBusyRatio = new(float64(used.ends[0].RunNs)/float64(elapsed)), new(float64(used.ends[1].RunNs)/float64(elapsed))
	if bps := t.ThroughputBps; bps != nil && *bps > 0 {
		const bits = 8
		bytes := *bps / bits * elapsed.Seconds()
		r.ANsPerByte, r.BNsPerByte = new(a/bytes), new(b/bytes)
	}
}

// ethernetHeaderLen is what counters of Ethernet devices count beside the IP packet, in bytes.
const ethernetHeaderLen = 14

// addOverhead compares what went into the tunnel with what was on the physical link. Packets that got lost before the
// link would be missing there: then there is no overhead to be told.
func addOverhead(r *results.Tunnel, s scenario.Scenario, seen testbed.Counters, t *results.Trial) {
	var linkPackets, linkBytes uint64
	lost := false
	for _, link := range seen.Physical {
		linkPackets += link.QdiscPackets
		linkBytes += link.QdiscBytes
		lost = lost || link.QdiscDrops > 0
	}
	r.LinkPackets, r.LinkBytes = new(int64(linkPackets)), new(int64(linkBytes-ethernetHeaderLen*linkPackets))
	packets, bytes, known := innerOf(s, seen)
	if !known {
		return
	}
	if s.DUT == scenario.WireGuard && len(t.Ledger) > 0 {
		// Of packets that it encrypts in one go Linux 5.10 and 6.1 were seen to count fewer than they sent.
		packets = uint64(t.Ledger.Packets(results.PlaceSink))
		lost = lost || packets != uint64(t.Ledger.Packets(results.PlaceIntended)-t.Ledger.Packets(results.PlaceNotOffered))
	}
	if mean := meanSize(t); countsMore(s) && mean > 0 {
		bytes = uint64(math.Round(mean * float64(packets)))
	}
	r.InnerPackets, r.InnerBytes = new(int64(packets)), new(int64(bytes))
	if lost || packets == 0 {
		return
	}
	each := float64(linkPackets) / float64(packets)
	if s.Proto == scenario.TCP || s.DUT == scenario.WireGuard {
		each = unhurried(each)
	}
	r.LinkPacketsPerPacket = &each
	if linkPackets > 0 {
		r.OverheadBytesPerPacket = new(float64(*r.LinkBytes)/float64(linkPackets)*each - float64(*r.InnerBytes)/float64(packets))
	}
}

// countsMore says that the tunnel's device counts other bytes than those of its IP packets: of a frame that was
// redirected into a TAP device its vnet header, too (tun_put_user_xdp in drivers/net/tun.c), and of what WireGuard sends
// padding and tag (iptunnel_xmit in net/ipv4/ip_tunnel_core.c, when it is encrypted).
func countsMore(s scenario.Scenario) bool {
	return s.Device() == scenario.TAP && s.Gen.InKernel() || s.DUT == scenario.WireGuard
}

// unhurried is how many packets of the link belong to each of the load. A load that flows on while counters are read
// has some in between, and WireGuard sends packets of its own (keys, signs of life): a figure next to a whole number is that number.
func unhurried(each float64) float64 {
	const near = 0.1
	if whole := math.Round(each); whole >= 1 && math.Abs(each-whole) < near {
		return whole
	}
	return each
}

// innerOf counts what the ends of the tunnel read. Where there are superpackets only the device's qdisc tells their
// segments, and it does not know which of them the device dropped.
func innerOf(s scenario.Scenario, seen testbed.Counters) (packets, bytes uint64, known bool) {
	supers := s.Proto == scenario.TCP || s.Segs > 1
	for _, device := range []testbed.LinkCounters{seen.A, seen.B} {
		n, b := device.TxPackets, device.TxBytes
		if supers {
			if n > 0 && device.QdiscPackets < n || device.TxDropped > 0 {
				return 0, 0, false
			}
			n, b = device.QdiscPackets, device.QdiscBytes
		}
		packets += n
		bytes += b
	}
	if s.Device() == scenario.TAP && s.HasProcess() { // the kernel's tunnels count IP packets (iptunnel_xmit_stats)
		bytes -= ethernetHeaderLen * packets
	}
	return packets, bytes, true
}

// meanSize is how long the IP packets that arrived were on average, in bytes; 0 where nobody counted them.
func meanSize(t *results.Trial) float64 {
	if t.ForwardedPps == nil || t.ThroughputBps == nil || *t.ForwardedPps == 0 {
		return 0
	}
	const bits = 8
	return *t.ThroughputBps / bits / *t.ForwardedPps
}

// passage is what was counted between the ends of a tunnel, in the direction of a path.
type passage struct {
	link testbed.LinkCounters // the device by which packets leave for the physical link
	// unread is how many packets the receive buffers of the tunnel's far end had no room for. The kernel counts
	// several that came as one superpacket once.
	unread uint64
	kernel bool // the tunnel is the kernel's own
}

// perSkb is how many packets the link carried for each that the kernel counted, rounded: superpackets count once.
func (p *passage) perSkb() int64 {
	if p.link.TxPackets == 0 {
		return 1
	}
	return max(1, int64((p.link.QdiscPackets+p.link.TxPackets/2)/p.link.TxPackets))
}

// addTo books what got lost between the ends. A packet of the link need not be one packet of the load: no more than is
// missing is lost at any of the places.
func (p *passage) addTo(l *results.Ledger) {
	lose := func(place results.Place, packets int64) {
		l.Add(place, min(packets, max(l.Balance(), 0)))
	}
	handed := int64(p.link.QdiscPackets)
	dropped := min(int64(p.link.TxDropped)*p.perSkb(), handed)
	l.Add(results.PlaceLinkHanded, handed)
	lose(results.PlaceLinkQdisc, int64(p.link.QdiscDrops)*p.perSkb())
	lose(results.PlaceLink, dropped)
	l.Add(results.PlaceLinkReceived, handed-dropped)
	lose(results.PlaceTunnelSocket, int64(p.unread))
}

// passageOf gathers what was counted between the ends; nil without a tunnel. overflow is what the sink's own socket had
// no room for.
func (o observation) passageOf(s scenario.Scenario, d direction, overflow uint64) *passage {
	if len(o.devices.Physical) != 2 {
		return nil
	}
	p := &passage{link: o.devices.Physical[d.index], kernel: !s.HasProcess()}
	for counter, n := range o.stacksOf(d).target {
		if isOverflow(counter) {
			p.unread += n
		}
	}
	p.unread -= min(p.unread, overflow)
	return p
}

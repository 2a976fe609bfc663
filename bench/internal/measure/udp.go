package measure

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/xdp"
	"tunbench/bench/internal/vm"
	"tunbench/results"
)

// udp is a generator and a sink for every direction.
type udp struct {
	scenario scenario.Scenario
	guest    *vm.Guest // end B; nil where it is a namespace
	ways     []*way
}

// way is the traffic of one direction.
type way struct {
	direction
	generator     load.Generator
	sink          sink.Sink
	sent          load.Sent // by the last run
	before, after sink.Counts
}

func newUDP(s scenario.Scenario, scene *testbed.Testbed, guest *vm.Guest, p placement) (workload, error) {
	u := &udp{scenario: s, guest: guest}
	for _, d := range directions(s, scene) {
		w := &way{direction: d}
		u.ways = append(u.ways, w)
		if err := w.open(s, guest, p.generators[d.index]); err != nil {
			return nil, errors.Join(err, u.close())
		}
	}
	return u, nil
}

func (w *way) open(s scenario.Scenario, guest *vm.Guest, cpu int) (err error) {
	if guest != nil {
		return w.openWithGuest(s, guest, cpu)
	}
	if w.sink, err = w.newSink(s); err != nil {
		return err
	}
	w.generator, err = w.newGenerator(s, cpu)
	return err
}

func (w *way) newSink(s scenario.Scenario) (sink.Sink, error) {
	return traffic.NewSink(traffic.SinkKind(s.Sink), sink.Config{
		Enter:    w.to.Namespace.Do,
		IfIndex:  w.to.IfIndex,
		Ethernet: w.to.Ethernet,
		Addr:     address(w.to, s),
		Port:     w.port,
		Flows:    s.Flows,
		Verify:   s.Verify == scenario.On,
		CPU:      anyCPU,
	})
}

func (w *way) newGenerator(s scenario.Scenario, cpu int) (load.Generator, error) {
	cfg := traffic.GeneratorConfig{
		Kind:     traffic.GeneratorSocket,
		Enter:    w.from.Namespace.Do,
		Profile:  w.profile(s),
		CPU:      cpu,
		Segments: s.Segs,
	}
	if !s.Gen.InKernel() {
		return traffic.NewGenerator(cfg)
	}
	cfg.Kind = traffic.GeneratorXDP
	cfg.Src = w.from.Behind
	if s.IP == scenario.IPv6 {
		cfg.Src = w.from.Behind6
	}
	if entry := w.entry(s); entry != routed {
		cfg.Redirect = &xdp.Redirect{
			IfIndex: w.from.IfIndex, Src: w.from.HardwareAddr, Dst: w.from.NextHop, Queued: entry == handed,
		}
	}
	return traffic.NewGenerator(cfg)
}

// profile is the packets of a load between the ends' addresses.
func (w *way) profile(s scenario.Scenario) load.Profile {
	p := load.Profile{
		Src:   address(w.from, s),
		Dst:   address(w.to, s),
		Port:  w.port,
		Flows: s.Flows,
		Order: load.Order(s.Order),
	}
	for _, share := range s.Size.Shares() {
		p.Sizes = append(p.Sizes, load.SizeShare{Size: share.Size, Weight: share.Weight})
	}
	return p
}

// entry is how packets get into the source device.
type entry int

const (
	sent       entry = iota // by sockets
	routed                  // by the IP stack
	handed                  // past the IP stack, through the device's qdisc and its choice of a queue
	redirected              // straight into the device's ring
)

// entry returns it for a scenario. The less work there is before the device, the more
// load: one that carries Ethernet takes frames straight into its ring. Where it has
// several queues the device has to choose among them, as it does for any application.
func (w *way) entry(s scenario.Scenario) entry {
	switch {
	case !s.Gen.InKernel():
		return sent
	case s.Gen == scenario.GenXDPIP:
		return routed
	case s.Topo == scenario.VXLAN, s.Topo == scenario.Tunnel && !s.HasProcess():
		return handed // its device has no ring of its own
	case s.Topo == scenario.Bridged || s.Topo == scenario.VM:
		return redirected // into the host's veth, whatever the devices behind the bridge have
	case w.from.Ethernet && s.Queues <= 1:
		return redirected
	}
	return handed
}

// address returns the one of the scenario's family.
func address(e *testbed.End, s scenario.Scenario) netip.Addr {
	if s.IP == scenario.IPv6 {
		return e.Addr6
	}
	return e.Addr
}

func (u *udp) run(ctx context.Context, a amount) error {
	return together(u.ways, func(w *way) (err error) {
		w.sent, err = w.generator.Run(ctx, a.load, a.duration)
		return err
	})
}

func (u *udp) comesToRest() atRest { return whenAccounted }

func (u *udp) heldByReader() bool { return u.scenario.Sink == scenario.SinkSocket || u.guest != nil }

func (u *udp) missing(seen observation) (sum outstanding, err error) {
	err = u.read(func(w *way, c sink.Counts) {
		sum = sum.add(u.path(w, seen, c.Sub(w.before)).outstanding())
	})
	return sum, err
}

func (u *udp) mark() error {
	for _, w := range u.ways {
		if err := w.sink.Begin(); err != nil {
			return err
		}
	}
	return u.read(func(w *way, c sink.Counts) { w.before = c })
}

func (u *udp) read(keep func(*way, sink.Counts)) error {
	for _, w := range u.ways {
		counts, err := w.sink.Read()
		if err != nil {
			return err
		}
		keep(w, counts)
	}
	return nil
}

func (u *udp) report(t *results.Trial, seen observation) (packets uint64, err error) {
	if err := u.read(func(w *way, c sink.Counts) { w.after = c }); err != nil {
		return 0, err
	}
	var paths []*path
	latency, lateness := histogram.New(), histogram.New()
	sink := newSinkReport(u.scenario.Sink)
	for _, w := range u.ways {
		counts := w.after.Sub(w.before)
		p := u.path(w, seen, counts)
		paths = append(paths, p)
		packets += counts.Total().Segments
		latency.Merge(counts.Latency)
		if w.sent.Lateness != nil {
			lateness.Merge(w.sent.Lateness)
		}
		sink.add(counts)
		one, err := p.traffic(counts)
		if err != nil {
			return 0, err
		}
		t.Directions = append(t.Directions, results.Direction{Direction: w.name, Traffic: one})
		t.DurationS = max(t.DurationS, w.sent.Duration.Seconds())
	}
	t.Traffic = sumTraffic(t.Directions)
	t.LossRatio = jointLoss(paths)
	if len(u.ways) == 1 {
		t.Directions = nil // the sum says it all
	}
	if t.LatencyNs, err = results.NewDistribution(latency); err != nil {
		return 0, distributionError("latency", err)
	}
	if u.guest != nil {
		sink.EarlyPackets, sink.ClampedPackets = nil, nil // they are about latencies
	}
	t.Sink = &sink.Sink
	t.Sender = &results.Sender{Kind: senderKind(u.scenario), Notes: u.pauses()}
	if t.Sender.LatenessNs, err = results.NewDistribution(lateness); err != nil {
		return 0, distributionError("lateness", err)
	}
	return packets, nil
}

// pauses says where a generator had to be begun again during the last run.
func (u *udp) pauses() (notes []string) {
	for _, w := range u.ways {
		if n := w.sent.Restarts; n > 0 {
			notes = append(notes, fmt.Sprintf("the generator's run was begun again %s, as a CPU quota demands or because the kernel ended it: each time nothing was sent for 25 ms or more", results.Count(n, "time")))
		}
	}
	return notes
}

// senderKind is the generator of a scenario; superpackets come from sockets.
func senderKind(s scenario.Scenario) results.SenderKind {
	if s.Gen.InKernel() {
		return results.SenderXDP
	}
	return results.SenderSocket
}

// path gathers what was counted on one way.
func (u *udp) path(w *way, seen observation, counts sink.Counts) *path {
	source, target := seen.links(w.direction)
	stacks := seen.stacksOf(w.direction)
	entry := w.entry(u.scenario)
	overlaid := u.scenario.Topo == scenario.VXLAN // the hosts' stacks carry what they encapsulate
	stacks.passed = entry == routed || overlaid
	stacks.shared = stacks.passed && u.scenario.Dir == scenario.Bi
	stacks.delivered = u.scenario.Sink == scenario.SinkSocket || overlaid
	passage := seen.passageOf(u.scenario, w.direction, counts.Overflow)
	if passage != nil {
		stacks.overflow = &counts.Overflow
	}
	total := counts.Total()
	p := &path{
		sent:           w.sent,
		redirected:     entry == redirected,
		source:         source,
		target:         target,
		router:         seen.onward(w.direction),
		links:          u.hostLinks(w, seen),
		forwarder:      seen.forwarded(w.direction),
		stacks:         stacks,
		sink:           counts.Flows(),
		corrupt:        total.Corrupt,
		foreign:        total.Foreign,
		earlier:        total.Earlier,
		held:           seen.held,
		passage:        passage,
		program:        u.scenario.IsProgram() || passage != nil,
		sentSegments:   u.scenario.Segs,
		deviceSegments: 1,
	}
	if u.scenario.Sink == scenario.SinkXDP {
		p.caught = total.Skbs + total.Corrupt + total.Foreign
	}
	if seen.uso {
		p.deviceSegments = u.scenario.Segs
	}
	return p
}

// hostLinks gathers what was counted between the hosts and the device under test.
func (u *udp) hostLinks(w *way, seen observation) hostLinks {
	hosts := seen.hosts()
	switch {
	case u.scenario.Topo == scenario.VXLAN:
		return hostLinks{kind: overlay, in: hosts[w.index], out: hosts[1-w.index]}
	case (u.scenario.Topo == scenario.Bridged || u.scenario.Topo == scenario.VM) && u.scenario.HasProcess():
		return hostLinks{kind: bridged, in: hosts[w.index], out: seen.onward(w.direction)}
	}
	return hostLinks{}
}

// traffic is what a record says of one direction.
func (p *path) traffic(counts sink.Counts) (results.Traffic, error) {
	total, flows := counts.Total(), counts.Flows()
	latency, err := results.NewDistribution(counts.Latency)
	if err != nil {
		return results.Traffic{}, distributionError("latency", err)
	}
	t := results.Traffic{
		OfferedPps:    perSecond(p.sent.Offered, p.sent.Duration),
		ForwardedPps:  perSecond(flows.Unique+flows.TooOld, p.sent.Duration),
		ThroughputBps: perSecond(8*total.Bytes, p.sent.Duration),
		LossRatio:     p.lossRatio(),
		LatencyNs:     latency,
		Superpackets:  new(int64(total.Superpackets)),
		Duplicated:    new(int64(flows.Duplicates)),
		Reordered:     new(int64(flows.Reordered)),
		Ledger:        p.ledger(),
	}
	t.Corrupt = new(t.Ledger.Packets(results.PlaceCorrupt))
	if p.sent.Intended > 0 { // not at maximum load
		t.IntendedPps = perSecond(p.sent.Intended, p.sent.Duration)
	}
	return t, nil
}

// jointLoss is the share of what all directions intended that did not arrive; nil where none intended
// anything.
func jointLoss(paths []*path) *float64 {
	var intended, lost float64
	for _, p := range paths {
		if ratio := p.lossRatio(); ratio != nil {
			intended += float64(p.intended())
			lost += *ratio * float64(p.intended())
		}
	}
	if intended == 0 {
		return nil
	}
	return new(lost / intended)
}

// sumTraffic adds up what can be added; loss and distributions are the caller's.
func sumTraffic(ways []results.Direction) results.Traffic {
	var sum results.Traffic
	for _, w := range ways {
		sum.IntendedPps = plus(sum.IntendedPps, w.IntendedPps)
		sum.OfferedPps = plus(sum.OfferedPps, w.OfferedPps)
		sum.ForwardedPps = plus(sum.ForwardedPps, w.ForwardedPps)
		sum.ThroughputBps = plus(sum.ThroughputBps, w.ThroughputBps)
		sum.Superpackets = plus(sum.Superpackets, w.Superpackets)
		sum.Duplicated = plus(sum.Duplicated, w.Duplicated)
		sum.Reordered = plus(sum.Reordered, w.Reordered)
		sum.Corrupt = plus(sum.Corrupt, w.Corrupt)
		sum.Ledger = results.Sum(sum.Ledger, w.Ledger)
	}
	return sum
}

// plus adds two figures that may be absent: nothing and something is something.
func plus[N int64 | float64](a, b *N) *N {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return new(*a + *b)
}

func (u *udp) close() error {
	var errs []error
	for _, w := range u.ways {
		if w.generator != nil {
			errs = append(errs, w.generator.Close())
		}
		if w.sink != nil {
			errs = append(errs, w.sink.Close())
		}
	}
	return errors.Join(errs...)
}

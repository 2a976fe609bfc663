package measure

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/results"
)

// udp is a sender and a sink for every direction.
type udp struct {
	scenario scenario.Scenario
	ways     []*way
}

// way is the traffic of one direction.
type way struct {
	direction
	sender        *traffic.Sender
	sink          *traffic.Sink
	sent          traffic.Sent // by the last run
	before, after traffic.SinkCounts
}

func newUDP(s scenario.Scenario, scene *testbed.Testbed, p placement) (workload, error) {
	u := &udp{scenario: s}
	for _, d := range directions(s, scene) {
		w := &way{direction: d}
		u.ways = append(u.ways, w)
		if err := w.open(s, p.generators[d.index]); err != nil {
			return nil, errors.Join(err, u.close())
		}
	}
	return u, nil
}

func (w *way) open(s scenario.Scenario, cpu int) (err error) {
	w.sink, err = traffic.NewSink(traffic.SinkConfig{
		Enter:    w.to.Namespace.Do,
		IfIndex:  w.to.IfIndex,
		Ethernet: w.to.Ethernet,
		Port:     w.port,
		Flows:    s.Flows,
	})
	if err != nil {
		return err
	}
	w.sender, err = traffic.NewSender(traffic.SenderConfig{
		Enter:    w.from.Namespace.Do,
		Src:      address(w.from, s),
		Dst:      address(w.to, s),
		Port:     w.port,
		Flows:    s.Flows,
		Size:     s.Size,
		Segments: s.Segs,
		CPU:      cpu,
	})
	return err
}

// address returns the one of the scenario's family.
func address(e *testbed.End, s scenario.Scenario) netip.Addr {
	if s.IP == scenario.IPv6 {
		return e.Addr6
	}
	return e.Addr
}

func (u *udp) run(ctx context.Context, d time.Duration) error {
	load := traffic.Load{}
	if u.scenario.Load.Mode == scenario.LoadPaced {
		load.Pps = float64(u.scenario.Load.Pps)
	}
	return together(u.ways, func(w *way) (err error) {
		w.sent, err = w.sender.Run(ctx, load, d)
		return err
	})
}

func (u *udp) received() (sum uint64, ok bool, err error) {
	for _, w := range u.ways {
		counts, err := w.sink.Read()
		if err != nil {
			return 0, false, err
		}
		sum += counts.Total().Segments
	}
	return sum, true, nil
}

func (u *udp) mark() error { return u.read(func(w *way, c traffic.SinkCounts) { w.before = c }) }

func (u *udp) read(keep func(*way, traffic.SinkCounts)) error {
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
	if err := u.read(func(w *way, c traffic.SinkCounts) { w.after = c }); err != nil {
		return 0, err
	}
	var paths []*path
	latency, lateness := traffic.NewHistogram(), traffic.NewHistogram()
	for _, w := range u.ways {
		counts := w.after.Sub(w.before)
		p := u.path(w, seen, counts)
		paths = append(paths, p)
		packets += counts.Total().Segments
		latency.Merge(counts.Latency)
		if w.sent.Lateness != nil {
			lateness.Merge(w.sent.Lateness)
		}
		one, err := p.traffic(counts, u.scenario)
		if err != nil {
			return 0, err
		}
		t.Directions = append(t.Directions, results.Direction{Direction: w.name, Traffic: one})
		t.DurationS = max(t.DurationS, w.sent.Duration.Seconds())
	}
	t.Traffic = sumTraffic(t.Directions)
	t.LossRatio = new(jointLoss(paths))
	if len(u.ways) == 1 {
		t.Directions = nil // the sum says it all
	}
	if t.LatencyNs, err = results.NewDistribution(latency); err != nil {
		return 0, distributionError("latency", err)
	}
	if lateness.TotalCount() > 0 {
		d, err := results.NewDistribution(lateness)
		if err != nil {
			return 0, distributionError("lateness", err)
		}
		t.Sender = &results.Sender{LatenessNs: d}
	}
	return packets, nil
}

// path gathers what was counted on one way.
func (u *udp) path(w *way, seen observation, counts traffic.SinkCounts) *path {
	source, target := seen.links(w.direction)
	p := &path{
		sent:           w.sent,
		source:         source,
		target:         target,
		router:         seen.onward(w.direction),
		forwarder:      seen.forwarded(w.direction),
		sink:           counts.Flows(),
		corrupt:        counts.Total().Foreign,
		sentSegments:   u.scenario.Segs,
		deviceSegments: 1,
	}
	if seen.uso {
		p.deviceSegments = u.scenario.Segs
	}
	return p
}

// traffic is what a record says of one direction.
func (p *path) traffic(counts traffic.SinkCounts, s scenario.Scenario) (results.Traffic, error) {
	total, flows := counts.Total(), counts.Flows()
	latency, err := results.NewDistribution(counts.Latency)
	if err != nil {
		return results.Traffic{}, distributionError("latency", err)
	}
	t := results.Traffic{
		OfferedPps:    perSecond(p.sent.Offered, p.sent.Duration),
		ForwardedPps:  perSecond(flows.Unique+flows.TooOld, p.sent.Duration),
		ThroughputBps: perSecond(8*total.Bytes, p.sent.Duration),
		LossRatio:     new(p.lossRatio()),
		LatencyNs:     latency,
		Superpackets:  new(int64(total.Superpackets)),
		Duplicated:    new(int64(flows.Duplicates)),
		Reordered:     new(int64(flows.Reordered)),
		Ledger:        p.ledger(),
	}
	if s.Load.Mode == scenario.LoadPaced {
		t.IntendedPps = perSecond(p.sent.Intended, p.sent.Duration)
	}
	return t, nil
}

// jointLoss is the share of what all directions intended that did not arrive.
func jointLoss(paths []*path) float64 {
	var intended, lost float64
	for _, p := range paths {
		intended += float64(p.intended())
		lost += p.lossRatio() * float64(p.intended())
	}
	if intended == 0 {
		return 0
	}
	return lost / intended
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
		if w.sender != nil {
			errs = append(errs, w.sender.Close())
		}
		if w.sink != nil {
			errs = append(errs, w.sink.Close())
		}
	}
	return errors.Join(errs...)
}

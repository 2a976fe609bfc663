package measure

import (
	"context"
	"fmt"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/vm"
	"tunbench/forwarder"
	"tunbench/results"
)

// amount is how much of a load to offer.
type amount struct {
	load     load.Load
	duration time.Duration
	then     time.Duration // this is the warm-up of a load of this duration, which follows; 0: it is none
}

// workload is the traffic of a Rig. Its methods are called in this order, from one
// goroutine: for each trial run for the warm-up, mark, run for the measurement,
// report; at last close.
type workload interface {
	// run offers the load for its duration, or until ctx is done, and returns when
	// the last packet was sent.
	run(ctx context.Context, a amount) error

	// comesToRest says when counters stand still after run.
	comesToRest() atRest

	// missing is what of the last run neither arrived nor was counted where it was
	// lost, at the time of the observation. Nothing of a load that keeps no ledger.
	missing(seen observation) (outstanding, error)

	// heldByReader says that packets may wait for a thread of the tester.
	heldByReader() bool

	// mark makes what was counted and sent until now the past.
	mark() error

	// report fills in what came of the last run, and returns how many packets the
	// cost of CPU time is to be divided by.
	report(t *results.Trial, seen observation) (packets uint64, err error)

	close() error
}

// atRest is when the counters stand still after a load.
type atRest int

const (
	never         atRest = iota // it goes on until close
	whenPublished               // when the forwarder has published what it counted
	whenAccounted               // when every packet is accounted for
)

// Destination ports of the load; flow i of a sender has source port + 1 + i, so
// they lie further apart than there are flows.
const (
	portAToB uint16 = 10000
	portBToA uint16 = 20000
)

// newWorkload opens what the scenario's traffic needs at both ends.
func newWorkload(ctx context.Context, s scenario.Scenario, scene *testbed.Testbed, guest *vm.Guest, p placement) (workload, error) {
	switch {
	case s.Gen == scenario.GenIperf3:
		return newIperf3(ctx, s, scene, p)
	case s.Gen == scenario.GenSockperf:
		return newSockperf(ctx, s, scene, p)
	case s.OpenLoop():
		return newUDP(s, scene, guest, p)
	case s.Proto == scenario.TCP:
		return newTCP(ctx, s, scene, guest)
	}
	return newPingPong(s, scene, guest, p), nil
}

// observation has the counters of the devices and of the forwarder at one moment.
type observation struct {
	devices testbed.Counters
	stats   *forwarder.Stats // nil: the DUT cannot count
	// uso says that the devices take UDP superpackets as they are.
	uso bool

	// missing is how many packets no counter had when the time to wait for them was
	// over, and held says that they may still have been on their way.
	missing int64
	held    bool
}

func (r *Rig) readCounters() (observation, error) {
	devices, err := r.deviceCounters()
	if err != nil {
		return observation{}, err
	}
	stats, err := r.running.Counters()
	if err != nil {
		return observation{}, err
	}
	return observation{devices: devices, stats: stats}, nil
}

// since returns what was counted after prev.
func (o observation) since(prev observation) observation {
	d := observation{devices: o.devices.Sub(prev.devices), uso: o.uso}
	if o.stats != nil {
		d.stats = new(o.stats.Sub(*prev.stats))
	}
	return d
}

// direction names the ends in the order of a direction.
type direction struct {
	name     results.DirectionName
	from, to *testbed.End
	port     uint16
	index    int // 0: A to B, 1: B to A
}

// directions lists the ways that the scenario's load goes.
func directions(s scenario.Scenario, scene *testbed.Testbed) []direction {
	there := direction{results.AToB, scene.A(), scene.B(), portAToB, 0}
	if s.Dir != scenario.Bi {
		return []direction{there}
	}
	return []direction{there, {results.BToA, scene.B(), scene.A(), portBToA, 1}}
}

// links returns the counters of the devices on the way of a direction: those that the device
// under test has, where it has some.
func (o observation) links(d direction) (source, target testbed.LinkCounters) {
	links := o.attached()
	return links[d.index], links[1-d.index]
}

func (o observation) attached() [2]testbed.LinkCounters {
	if o.devices.Attached != nil {
		return [2]testbed.LinkCounters(o.devices.Attached)
	}
	return o.hosts()
}

// hosts are the counters of the ends' own devices.
func (o observation) hosts() [2]testbed.LinkCounters {
	return [2]testbed.LinkCounters{o.devices.A, o.devices.B}
}

// onward returns the counters of the router's or bridge's device that a direction leaves by.
func (o observation) onward(d direction) testbed.LinkCounters {
	if o.devices.Router == nil {
		return testbed.LinkCounters{}
	}
	return o.devices.Router[1-d.index] // the first is towards A
}

// stacksOf returns what the IP stacks lost on the way of a direction. The router does
// not tell directions apart: all it lost is booked to the first.
func (o observation) stacksOf(d direction) stacks {
	if d.index == 0 {
		return stacks{source: o.devices.StackA, router: o.devices.StackRouter, target: o.devices.StackB}
	}
	return stacks{source: o.devices.StackB, target: o.devices.StackA}
}

// forwarded returns the forwarder's counters for a direction, nil without.
func (o observation) forwarded(d direction) *forwarder.DirectionStats {
	if o.stats == nil {
		return nil
	}
	total := o.stats.Total()
	if d.index == 0 {
		return &total.AToB
	}
	return &total.BToA
}

// together runs f for every direction at the same time and returns the first error.
func together[T any](items []T, f func(T) error) error {
	errs := make(chan error, len(items))
	for _, item := range items {
		go func() { errs <- f(item) }()
	}
	var first error
	for range items {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// perSecond is a rate; d must be positive.
func perSecond(n uint64, d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	return new(float64(n) / d.Seconds())
}

// reportQueues fills in what every queue carried.
func reportQueues(t *results.Trial, stats *forwarder.Stats) {
	if stats == nil {
		return
	}
	for _, w := range stats.Workers {
		t.Queues = append(t.Queues, results.Queue{
			Queue:       w.Queue,
			AToBPackets: int64(w.AToB.WrittenSegments),
			BToAPackets: int64(w.BToA.WrittenSegments),
		})
	}
}

// intakeRatio is the share of the packets read that came through an intake; nil where none
// were read.
func intakeRatio(w forwarder.WorkerStats) *float64 {
	read := w.AToB.ReadPackets + w.BToA.ReadPackets
	if read == 0 {
		return nil
	}
	return new(float64(w.AToB.TakenPackets+w.BToA.TakenPackets) / float64(read))
}

func distributionError(what string, err error) error {
	return fmt.Errorf("describe %s: %w", what, err)
}

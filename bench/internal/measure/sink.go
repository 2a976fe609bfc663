package measure

import (
	"errors"
	"io"
	"slices"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/sink/kernel"
	"tunbench/results"
)

// sinkReport is what a record says of the sinks of all directions together.
type sinkReport struct {
	results.Sink
}

func newSinkReport(kind scenario.Sink) *sinkReport {
	return &sinkReport{results.Sink{Kind: results.SinkKind(kind), EarlyPackets: new(int64(0)), ClampedPackets: new(int64(0))}}
}

// add counts in what one sink received. The kernel's sinks know on which CPU; a
// socket's reader may have been on any.
func (r *sinkReport) add(counts sink.Counts) {
	total := counts.Total()
	*r.EarlyPackets += int64(total.NegativeLatency)
	*r.ClampedPackets += int64(total.ClampedLatency)
	if r.Kind == results.SinkSocket {
		r.OverflowPackets = plus(r.OverflowPackets, new(int64(counts.Overflow)))
		return
	}
	for cpu, c := range counts.PerCPU {
		if c.Segments == 0 {
			continue
		}
		i, known := slices.BinarySearchFunc(r.CPUs, cpu, func(have results.CPUPackets, cpu int) int { return have.CPU - cpu })
		if !known {
			r.CPUs = slices.Insert(r.CPUs, i, results.CPUPackets{CPU: cpu})
		}
		r.CPUs[i].Packets += int64(c.Segments)
	}
}

// watchCost begins to measure what the sinks cost, see Rig.watchSink.
func (u *udp) watchCost() (cost func() (*float64, error), stop func() error, err error) {
	var statistics io.Closer = io.NopCloser(nil) // a socket's thread has its own clock
	if u.scenario.Sink != scenario.SinkSocket {
		if statistics, err = kernel.EnableCost(); err != nil {
			return nil, nil, err
		}
	}
	before, segments, err := u.cost()
	if err != nil {
		return nil, nil, errors.Join(err, statistics.Close())
	}
	return func() (*float64, error) {
		after, now, err := u.cost()
		return each(float64(after-before), now-segments), err
	}, statistics.Close, nil
}

// cost is the time that all sinks took so far, and for how many segments.
func (u *udp) cost() (spent time.Duration, segments uint64, err error) {
	for _, w := range u.ways {
		cost, err := w.sink.Cost()
		if err != nil {
			return 0, 0, err
		}
		n, err := w.sink.Received()
		if err != nil {
			return 0, 0, err
		}
		spent += cost.Time
		segments += n
	}
	return spent, segments, nil
}

package measure

import (
	"context"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/independent"
	"tunbench/results"
)

// iperf3 is streams or datagrams that iperf3 sends and counts, in every direction for itself.
type iperf3 struct {
	program independent.Installed
	streams bool // of TCP
	ways    []*iperf3Way
}

type iperf3Way struct {
	direction
	size   int // of an IP packet with a datagram, in bytes
	config independent.Iperf3Config
	load   *independent.Iperf3 // nil: none runs
	result independent.Iperf3Result
}

func newIperf3(ctx context.Context, s scenario.Scenario, scene *testbed.Testbed, p placement) (workload, error) {
	program, err := independent.Iperf3Program().Find(ctx)
	if err != nil {
		return nil, err
	}
	w := &iperf3{program: program, streams: s.Proto == scenario.TCP}
	for _, d := range directions(s, scene) {
		config := independent.Iperf3Config{
			Client:  d.from.Namespace.Do,
			Server:  d.to.Namespace.Do,
			Addr:    address(d.to, s),
			Port:    d.port,
			Streams: s.Flows,
			CC:      string(s.CC),
			CPU:     anyCPU,
		}
		if !w.streams {
			config.Payload = s.Size.Largest() - s.UDPHeaderLen()
			config.CPU = p.generators[d.index]
		}
		w.ways = append(w.ways, &iperf3Way{direction: d, size: s.Size.Largest(), config: config})
	}
	return w, nil
}

// run of a warm-up leaves the streams flowing for the load that follows, as iperf3 has it. Its count of datagrams does not bear that: there a
// load of its own warms up.
func (w *iperf3) run(ctx context.Context, a amount) error {
	return together(w.ways, func(way *iperf3Way) error {
		if way.load == nil {
			if err := way.start(ctx, w.program, a); err != nil {
				return err
			}
		}
		if way.flowsOn(a) {
			return way.load.Warm(ctx)
		}
		return way.end(ctx)
	})
}

// flowsOn says that a warm-up and the load after it are one for iperf3.
func (way *iperf3Way) flowsOn(a amount) bool { return a.then > 0 && way.config.Payload == 0 }

func (way *iperf3Way) start(ctx context.Context, program independent.Installed, a amount) (err error) {
	way.config.Pps = a.load.Pps
	warmup, duration := time.Duration(0), a.duration
	if way.flowsOn(a) {
		warmup, duration = a.duration, a.then
	}
	way.load, err = independent.StartIperf3(ctx, program, way.config, warmup, duration)
	return err
}

// end waits for what iperf3 counted. Of a load that was cut short there is nothing.
func (way *iperf3Way) end(ctx context.Context) (err error) {
	way.result, err = way.load.Wait(ctx)
	way.close()
	if ctx.Err() != nil {
		way.result = independent.Iperf3Result{}
		return nil
	}
	return err
}

func (way *iperf3Way) close() {
	if way.load != nil {
		way.load.Close()
		way.load = nil
	}
}

func (w *iperf3) comesToRest() atRest {
	if w.streams {
		return never // a warm-up flows on
	}
	return whenPublished
}

func (w *iperf3) missing(observation) (outstanding, error) { return outstanding{}, nil }

func (w *iperf3) heldByReader() bool { return false }

func (w *iperf3) mark() error { return nil }

func (w *iperf3) report(t *results.Trial, _ observation) (packets uint64, err error) {
	t.Sender = &results.Sender{Kind: results.SenderIperf3, Version: w.program.Version}
	var sent, received uint64
	for _, way := range w.ways {
		r := way.result
		t.DurationS = max(t.DurationS, r.Duration.Seconds())
		traffic := results.Traffic{ThroughputBps: perSecond(8*r.Bytes, r.Duration)}
		if w.streams {
			packets += r.Segments
			w.reportStreams(t, way)
		} else {
			packets += r.Received
			sent, received = sent+r.Sent, received+min(r.Received, r.Sent)
			way.reportDatagrams(&traffic)
		}
		t.Directions = append(t.Directions, results.Direction{Direction: way.name, Traffic: traffic})
	}
	t.Traffic = sumTraffic(t.Directions)
	if sent > 0 {
		t.LossRatio = new(1 - float64(received)/float64(sent))
	}
	if len(w.ways) == 1 {
		t.Directions = nil
	}
	return packets, nil
}

// reportStreams adds what the sender of one direction says of its streams.
func (w *iperf3) reportStreams(t *results.Trial, way *iperf3Way) {
	if t.TCP == nil {
		t.TCP = &results.TCP{Retransmits: new(int64(0)), RTTUs: new(0.0)}
	}
	t.TCP.Streams += way.config.Streams
	*t.TCP.Retransmits += int64(way.result.Retransmits)
	*t.TCP.RTTUs += float64(way.result.RTT.Microseconds()) / float64(len(w.ways))
}

// reportDatagrams adds packets. Their throughput is that of IP packets, as our sinks have it.
func (way *iperf3Way) reportDatagrams(t *results.Traffic) {
	r := way.result
	t.ThroughputBps = perSecond(8*r.Received*uint64(way.size), r.Duration)
	t.OfferedPps = perSecond(r.Sent, r.SendDuration)
	t.ForwardedPps = perSecond(r.Received, r.Duration)
	t.Reordered = new(int64(r.Reordered))
	if way.config.Pps > 0 {
		t.IntendedPps = new(way.config.Pps)
	}
	if r.Sent > 0 {
		t.LossRatio = new(1 - float64(min(r.Received, r.Sent))/float64(r.Sent))
	}
}

func (w *iperf3) close() error {
	for _, way := range w.ways {
		way.close()
	}
	return nil
}

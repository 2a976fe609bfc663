package measure

import (
	"context"
	"errors"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/socket"
	"tunbench/bench/internal/vm"
	"tunbench/results"
)

// tcp is bulk data in every direction. The streams flow from their opening on;
// a run is a window on them.
type tcp struct {
	bulks []*bulk
}

type bulk struct {
	direction
	streams *socket.Bulk
	result  socket.TCPResult // of the last run
}

func newTCP(ctx context.Context, s scenario.Scenario, scene *testbed.Testbed, guest *vm.Guest) (workload, error) {
	w := &tcp{}
	for _, d := range directions(s, scene) {
		cfg := socket.TCPConfig{
			Client:  d.from.Namespace.Do,
			Server:  d.to.Namespace.Do,
			Addr:    address(d.to, s),
			Port:    d.port,
			Streams: s.Flows,
			CC:      string(s.CC),
		}
		switch {
		case guest != nil && d.index == 0:
			cfg.OpenTarget = guest.Target
		case guest != nil:
			cfg.OpenSource = guest.Source
		}
		streams, err := socket.OpenBulk(ctx, cfg)
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.bulks = append(w.bulks, &bulk{direction: d, streams: streams})
	}
	return w, nil
}

func (w *tcp) run(ctx context.Context, a amount) error {
	return together(w.bulks, func(b *bulk) (err error) {
		b.result, err = b.streams.Run(ctx, a.duration)
		return err
	})
}

func (w *tcp) comesToRest() atRest { return never }

func (w *tcp) missing(observation) (outstanding, error) { return outstanding{}, nil }

func (w *tcp) heldByReader() bool { return false }

func (w *tcp) mark() error { return nil }

func (w *tcp) report(t *results.Trial, _ observation) (packets uint64, err error) {
	t.TCP = &results.TCP{Retransmits: new(int64(0)), RTTUs: new(0.0)}
	for _, b := range w.bulks {
		r := b.result
		packets += r.DataSegsOut
		t.DurationS = max(t.DurationS, r.Duration.Seconds())
		t.Directions = append(t.Directions, results.Direction{
			Direction: b.name,
			Traffic:   results.Traffic{ThroughputBps: perSecond(8*r.Bytes, r.Duration)},
		})
		t.TCP.Streams += len(r.PerStream)
		*t.TCP.Retransmits += int64(r.Retransmits)
		*t.TCP.RTTUs += float64(r.RTT) / float64(time.Microsecond) / float64(len(w.bulks))
	}
	t.Traffic = sumTraffic(t.Directions)
	if len(w.bulks) == 1 {
		t.Directions = nil
	}
	return packets, nil
}

func (w *tcp) close() error {
	for _, b := range w.bulks {
		b.streams.Close()
	}
	return nil
}

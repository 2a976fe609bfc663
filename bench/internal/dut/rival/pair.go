package rival

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"tunbench/bench/internal/dut/forward"
	"tunbench/forwarder"
)

// pair is a rival between two devices: a goroutine for each direction.
type pair struct {
	ends       [2]io.Closer
	negotiated forward.Negotiated
	// move forwards from end i to the other until reading fails.
	move func(from int, c *counters) error

	counters [2]counters // from A, from B
	close    sync.Once
	closed   error
}

// Negotiated implements forward.Program.
func (p *pair) Negotiated() forward.Negotiated { return p.negotiated }

// Stats implements forward.Program.
func (p *pair) Stats() forwarder.Stats {
	return forwarder.Stats{Workers: []forwarder.WorkerStats{{AToB: p.counters[0].stats(), BToA: p.counters[1].stats()}}}
}

// Run implements forward.Program. It closes the devices, which is the only way to end a
// reader that waits.
func (p *pair) Run(ctx context.Context) error {
	ended := make(chan error, len(p.counters))
	for from := range p.counters {
		go func() { ended <- p.move(from, &p.counters[from]) }()
	}
	var failed error
	waiting := len(p.counters)
	select {
	case <-ctx.Done():
	case failed = <-ended:
		waiting--
	}
	closed := p.Close()
	for range waiting {
		<-ended // only because of that
	}
	if failed != nil {
		return errors.Join(fmt.Errorf("forward: %w", failed), closed)
	}
	return closed
}

// Close implements forward.Program. It may be called again.
func (p *pair) Close() error {
	p.close.Do(func() {
		p.closed = errors.Join(p.ends[0].Close(), p.ends[1].Close())
	})
	return p.closed
}

// openPair opens an end at either endpoint; nothing stays open when it fails.
func openPair[E io.Closer](o forward.Options, open func(forward.Endpoint) (E, error)) (ends [2]E, err error) {
	for i, endpoint := range []forward.Endpoint{o.A, o.B} {
		if ends[i], err = open(endpoint); err != nil {
			for _, opened := range ends[:i] {
				err = errors.Join(err, opened.Close())
			}
			return ends, err
		}
	}
	return ends, nil
}

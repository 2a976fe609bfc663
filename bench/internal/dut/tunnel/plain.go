package tunnel

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"tunbench/bench/internal/dut/tunnel/plain"
	"tunbench/bench/internal/scenario"
	"tunbench/forwarder/tun"
)

// Plain is our own tunnel: each packet, or frame, in a UDP packet as it is, without a cipher. It costs what tunnelling
// itself costs.
type Plain struct{}

// plainPort is where both ends receive with their first queue; that of the second is the next.
const plainPort = 5000

// Name implements [Kind].
func (Plain) Name() string { return string(scenario.Plain) }

// Creates implements [Kind].
func (Plain) Creates() bool { return false }

// MultiQueue implements [Kind].
func (Plain) MultiQueue() bool { return true }

// Missing implements [Kind]: nothing, it is a part of tunbench.
func (Plain) Missing() error { return nil }

// Version implements [Kind].
func (Plain) Version() []string { return nil }

// Prepare implements [Kind].
func (Plain) Prepare(_ context.Context, p Place) (ends [2]Command, err error) {
	own, err := os.Executable()
	if err != nil {
		return ends, fmt.Errorf("find own program: %w", err)
	}
	s := p.Scenario
	for i, side := range p.Sides() {
		kind, err := tun.ParseKind(string(side.Kind))
		if err != nil {
			return ends, err
		}
		config, err := json.Marshal(plain.Config{
			Device: side.Device, Kind: kind, Local: side.LinkAddr, Peer: side.PeerAddr, Port: plainPort, Queues: s.Queues, Batch: s.Batch,
			UGSO: s.UGSO == scenario.On, UGRO: s.UGRO == scenario.On,
		})
		if err != nil {
			return ends, fmt.Errorf("write configuration: %w", err)
		}
		ends[i] = Command{Args: []string{own, "tunnel-end", string(config)}, Ready: plain.Ready}
	}
	return ends, nil
}

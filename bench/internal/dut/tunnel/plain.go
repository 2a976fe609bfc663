package tunnel

import (
	"fmt"
	"os"
	"strconv"

	"tunbench/bench/internal/scenario"
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
func (Plain) Prepare(p Place) (ends [2]Command, err error) {
	own, err := os.Executable()
	if err != nil {
		return ends, fmt.Errorf("find own program: %w", err)
	}
	s := p.Scenario
	for i, side := range p.Sides() {
		ends[i].Args = []string{
			own, "tunnel-end", "--device", side.Device, "--dev", string(side.Kind),
			"--local", side.LinkAddr.String(), "--peer", side.PeerAddr.String(), "--port", strconv.Itoa(plainPort),
			"--queues", strconv.Itoa(s.Queues), "--batch", strconv.Itoa(s.Batch),
			"--ugso=" + strconv.FormatBool(s.UGSO == scenario.On), "--ugro=" + strconv.FormatBool(s.UGRO == scenario.On),
		}
		ends[i].Ready = PlainReady
	}
	return ends, nil
}

// PlainReady is what an end prints when it forwards.
const PlainReady = "tunnel end forwards"

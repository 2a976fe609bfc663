package load

import (
	"context"
	"fmt"
	"time"
)

// Generator offers UDP packets that carry a [wire.Stamp]. Several may run at once; Run
// and Close of one are serialised.
type Generator interface {
	// Run offers load for d, or until ctx is done, and returns what it offered;
	// sequence numbers continue from the last run. With a rate the load is open
	// loop: packet k of the plan is due at start + k/rate and carries that time
	// however late it goes out; at maximum load it carries the time of its making.
	//
	// A cancelled run is no error: Duration tells how far it went. An error that
	// lasts ends the run; what was sent until then is returned with it.
	Run(ctx context.Context, load Load, d time.Duration) (Sent, error)
	// Close frees what the generator holds. It is idempotent.
	Close() error
}

// Load is how much to send.
type Load struct {
	Pps     float64 // segments per second over all flows; 0: as many as it can
	Packets uint64  // stop after so many segments; 0: no limit
}

// Check reports a load that no generator offers for d.
func (l Load) Check(d time.Duration) error {
	switch {
	case !(l.Pps >= 0 && l.Pps <= 1e9):
		return fmt.Errorf("load Pps %v: want 0 to 1e9", l.Pps)
	case d <= 0:
		return fmt.Errorf("load duration %v: want more than 0", d)
	}
	return nil
}

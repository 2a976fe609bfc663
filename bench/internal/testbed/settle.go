package testbed

import (
	"context"
	"fmt"
	"time"
)

const (
	settlePoll  = 5 * time.Millisecond
	settleQuiet = 30 * time.Millisecond
	settleLimit = 2 * time.Second
)

// Settle returns when no counter of the devices at both ends has moved for 30 ms:
// nothing is on the way any more. After 2 s of movement it gives up with
// ErrUnsettled.
func (t *Testbed) Settle(ctx context.Context) error {
	if err := settle(ctx, t.endCounters); err != nil {
		return fmt.Errorf("wait for traffic to end: %w", err)
	}
	return nil
}

// settle polls read until its counters stand still.
func settle(ctx context.Context, read func() ([2]LinkCounters, error)) error {
	last, err := read()
	if err != nil {
		return err
	}
	start := time.Now()
	quietSince := start
	for time.Since(quietSince) < settleQuiet {
		if time.Since(start) > settleLimit {
			return fmt.Errorf("%w after %s", ErrUnsettled, settleLimit)
		}
		if err := sleep(ctx, settlePoll); err != nil {
			return err
		}
		now, err := read()
		if err != nil {
			return err
		}
		if now != last {
			last, quietSince = now, time.Now()
		}
	}
	return nil
}

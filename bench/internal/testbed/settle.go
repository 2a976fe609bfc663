package testbed

import (
	"context"
	"fmt"
	"time"
)

const (
	settleQuiet = 30 * time.Millisecond
	settleLimit = 10 * time.Second
	restPoll    = 5 * time.Millisecond
)

// Settle returns when no counter of the devices at both ends has moved for 30 ms:
// nothing is on the way any more. After 10 s of movement it gives up with
// ErrUnsettled.
func (t *Testbed) Settle(ctx context.Context) error {
	if err := AtRest(ctx, settleQuiet, settleLimit, t.endCounters); err != nil {
		return fmt.Errorf("wait for traffic to end: %w", err)
	}
	return nil
}

// AtRest returns when what read returns has not changed for quiet, or with
// ErrUnsettled when it still changes after limit. It reads every 5 ms.
func AtRest[T comparable](ctx context.Context, quiet, limit time.Duration, read func() (T, error)) error {
	last, err := read()
	if err != nil {
		return err
	}
	start := time.Now()
	for since := start; ; {
		if err := sleep(ctx, restPoll); err != nil {
			return err
		}
		before := time.Now()
		now, err := read()
		switch {
		case err != nil:
			return err
		case now != last:
			if time.Since(start) > limit {
				return fmt.Errorf("%w after %s", ErrUnsettled, limit)
			}
			last, since = now, time.Now()
		case before.Sub(since) >= quiet: // read again after that time, however late this thread is
			return nil
		}
	}
}

package measure

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// Counters that have not moved for this long stand still: longer than the
	// longest spin of a worker, which publishes what it counted when it sleeps.
	drainQuiet = 20 * time.Millisecond
	drainPoll  = 4 * time.Millisecond
	drainLimit = 3 * time.Second
)

// errNotDrained says that packets went on arriving long after the last was sent.
var errNotDrained = errors.New("counters do not come to rest")

// drain returns when progress, a number that changes with every packet that
// moves, has stood still for drainQuiet.
func drain(ctx context.Context, progress func() (uint64, error)) error {
	last, err := progress()
	if err != nil {
		return err
	}
	begin := time.Now()
	for quiet := begin; time.Since(quiet) < drainQuiet; {
		if time.Since(begin) > drainLimit {
			return fmt.Errorf("drain: %w within %v", errNotDrained, drainLimit)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(drainPoll):
		}
		now, err := progress()
		if err != nil {
			return err
		}
		if now != last {
			last, quiet = now, time.Now()
		}
	}
	return nil
}

package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockLook is how often a lock that another process has is tried again.
const lockLook = 200 * time.Millisecond

// lock waits until no other process boots a guest: two at once would disturb each other's figures, and their memory may not be there.
// It calls waiting once if it has to wait. The kernel releases the lock when the process dies.
func lock(ctx context.Context, path string, waiting func()) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock of guests: %w", err)
	}
	ticker := time.NewTicker(lockLook)
	defer ticker.Stop()
	for first := true; ; first = false {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f.Close, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		if first && waiting != nil {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for another guest to end: %w", context.Cause(ctx)), f.Close())
		case <-ticker.C:
		}
	}
}

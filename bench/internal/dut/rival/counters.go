package rival

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tunbench/forwarder"
)

// counters are those of one direction. One goroutine counts, any may take stock.
type counters struct {
	readPackets      atomic.Uint64
	readSuperpackets atomic.Uint64
	readSegments     atomic.Uint64
	readBytes        atomic.Uint64
	writtenSegments  atomic.Uint64

	mu                 sync.Mutex
	drops, writeErrors map[string]uint64 // rare; nil until there are some
}

// read counts what one read gave.
func (c *counters) read(segments, bytes int) {
	c.readPackets.Add(1)
	if segments > 1 {
		c.readSuperpackets.Add(1)
	}
	c.readSegments.Add(uint64(segments))
	c.readBytes.Add(uint64(bytes))
}

// wrote counts what became of segments that were read.
func (c *counters) wrote(segments int, err error) {
	if err == nil {
		c.writtenSegments.Add(uint64(segments))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeErrors = plus(c.writeErrors, errnoName(err), segments)
}

// dropped counts a packet that was read and can be written nowhere.
func (c *counters) dropped(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readPackets.Add(1)
	c.readSegments.Add(1)
	c.drops = plus(c.drops, reason, 1)
}

func plus(counts map[string]uint64, cause string, n int) map[string]uint64 {
	if counts == nil {
		counts = map[string]uint64{}
	}
	counts[cause] += uint64(n)
	return counts
}

// errnoName is "EIO" and the like, or "other" for an error that is no system call's.
func errnoName(err error) string {
	var errno unix.Errno
	if !errors.As(err, &errno) || unix.ErrnoName(errno) == "" {
		return "other"
	}
	return unix.ErrnoName(errno)
}

// stats is a snapshot. WrittenPackets and EmptyReads stay zero: how many superpackets
// a rival makes of what it writes, and how often its poller looks in vain, it does not
// tell.
func (c *counters) stats() forwarder.DirectionStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return forwarder.DirectionStats{
		ReadPackets:      c.readPackets.Load(),
		ReadSuperpackets: c.readSuperpackets.Load(),
		ReadSegments:     c.readSegments.Load(),
		ReadBytes:        c.readBytes.Load(),
		WrittenSegments:  c.writtenSegments.Load(),
		Drops:            maps.Clone(c.drops),
		WriteErrors:      maps.Clone(c.writeErrors),
	}
}

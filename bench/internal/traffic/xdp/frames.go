package xdp

import (
	"math"
	"time"

	"tunbench/bench/internal/host"
)

const (
	// No frame takes less time than this, used or not.
	leastFrameTime = 20 * time.Nanosecond
	// Hardly any packet does, and a slice that has too few frames is only shorter.
	usualPacketTime = 100 * time.Nanosecond
	// An invocation waits at least as long for a packet that is not due yet: it reads
	// the clock WAIT_TURNS times, see generator.bpf.c.
	leastWait = 2 * time.Microsecond
	// spareFrames are for the beginning and the end.
	spareFrames = 1 << 10

	// sliceUnderQuota is how long the generator runs in one go under a quota of CPU time:
	// its thread takes more than its share as long as it stays in the kernel, which the
	// kernel makes up for afterwards, with all other threads of the process.
	sliceUnderQuota = 250 * time.Millisecond
)

// quotaSlice is how long the generator may run in one go; 0: to its end.
func quotaSlice() time.Duration {
	if _, limited := host.CPUQuota(); limited {
		return sliceUnderQuota
	}
	return 0
}

// frames is for how many frames the program has work at most: when it is done it returns
// after as many at the latest, whoever is there to end it. Slices are for what a slice has.
// The kernel ends a run by itself only with the last of its frames.
func (t *task) frames(slice time.Duration) uint32 {
	d, least := float64(t.Duration), float64(leastFrameTime)
	if slice > 0 {
		d, least = min(d, float64(slice)), float64(usualPacketTime)
	}
	frames := min(d/least, float64(t.Packets))
	if t.Paced != 0 {
		// With each packet the rest of its batch may go unused.
		due := min(d/max(float64(t.Interval), 1), float64(t.Packets)) + 1
		frames = min(d/least, float64(t.Batch)*due) + d/float64(leastWait)
	}
	return uint32(min(frames+float64(spareFrames+t.Batch), math.MaxInt32))
}

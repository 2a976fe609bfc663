package host

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// distanceBatches of distanceTrips round trips each; their median is not that of a batch
	// during which a CPU stood still.
	distanceBatches = 9
	distanceTrips   = 200
	// distancePatience is for all of them: others may want the CPUs.
	distancePatience = 50 * time.Millisecond
)

// CPUDistance measures how long a cache line takes from one CPU to another and back: tens of
// nanoseconds where they share a cache, hundreds where they do not. Virtual CPUs wander, so
// that is a matter of the moment. ok is false where the CPUs are one, cannot be had or have
// other work.
func CPUDistance(one, other int) (roundTrip time.Duration, ok bool) {
	if one == other || one < 0 || other < 0 {
		return 0, false
	}
	var b ball
	returned := make(chan error)
	go func() { returned <- OnOwnThread(func() error { return b.returns(other) }) }()
	var batches []time.Duration
	err := OnOwnThread(func() (err error) {
		defer b.over.Store(true)
		batches, err = b.plays(one)
		return err
	})
	if err = errors.Join(err, <-returned); err != nil || batches == nil {
		return 0, false
	}
	slices.Sort(batches)
	return batches[len(batches)/2] / distanceTrips, true
}

// ball goes to and fro: it is at the one CPU when at is even.
type ball struct {
	_    [128]byte
	at   atomic.Uint32
	_    [128]byte
	over atomic.Bool
	_    [128]byte
}

// plays sends the ball from a CPU and returns how long each batch took, nil if it is too long.
func (b *ball) plays(cpu int) (batches []time.Duration, err error) {
	if err := PinThread(cpu); err != nil {
		return nil, err
	}
	begun := time.Now()
	for range distanceBatches {
		start := time.Now()
		for range distanceTrips {
			back := b.at.Add(1) + 1
			for tries := 1; b.at.Load() != back; tries++ {
				if tries%1024 == 0 && time.Since(begun) > distancePatience {
					return nil, nil
				}
			}
		}
		batches = append(batches, time.Since(start))
	}
	return batches, nil
}

// returns sends the ball back until it is over.
func (b *ball) returns(cpu int) error {
	if err := PinThread(cpu); err != nil {
		return err
	}
	for !b.over.Load() {
		if at := b.at.Load(); at%2 == 1 {
			b.at.Store(at + 1)
		}
	}
	return nil
}

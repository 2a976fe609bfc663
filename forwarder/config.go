package forwarder

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// Limits and defaults of Config.
const (
	MaxBatch     = 4096
	DefaultBatch = 1024
	// DefaultSpin is what callers should offer; the zero Config does not spin. Of
	// 0, 5, 20, 50 and 100 µs it gave the shortest round trip that a longer one no
	// longer improved (README.md).
	DefaultSpin = 50 * time.Microsecond
	MaxSpin     = 10 * time.Millisecond
)

// ErrConfig says that a Config cannot be used as it is; the text names the field.
var ErrConfig = errors.New("forwarder configuration")

// Config says what to forward and how. A and B are required.
type Config struct {
	// A and B are the queues of the two devices, paired by position: as many on
	// either side, and with vnet headers of one length. They stay owned by the
	// caller and must outlive Run; nobody else may read or write them meanwhile.
	A, B []*tun.Queue

	// Batch is how many packets of one direction a worker has in memory at most
	// before it writes them and turns to the other: 1 to MaxBatch, 0 for DefaultBatch.
	// More than 256 are only taken where there are many flows and no intake, to make
	// longer superpackets of each. For each packet of a queue 304 KiB of addresses are
	// reserved, 456 with an intake; of that is used what the longest batches took.
	Batch int

	// Spin is how long a worker that found nothing keeps looking before it sleeps, at
	// most: 0 to MaxSpin. It buys latency with CPU time. After packets that all go one
	// way it is 2 µs at most, unless they follow each other within 4.5 µs; after slow ones,
	// and while it finds nothing, there is none (spinPolicy).
	Spin time.Duration

	// Engine is how packets are moved, EngineAuto if empty.
	Engine Engine

	// GSO is what becomes of superpackets, GSOPass if empty.
	GSO GSO

	// GRO is whether packets are coalesced, GROAuto if empty. Without vnet headers
	// they never are.
	GRO GRO

	// IntakeA and IntakeB are rings through which packets that leave by A and by B may come
	// as well, one for each of the Workers, or none for either. They must outlive Run too.
	IntakeA, IntakeB []*intake.Ring

	// Note is told, once each, what the forwarder has to do without: a missing engine,
	// superpackets that the kernel refuses. It may be called from any goroutine and
	// must not block. nil: nobody is told.
	Note func(text string)

	// CPUs pins worker i to CPUs[i mod len]. Empty: the kernel schedules. There is a worker
	// for each queue, but no more than there are CPUs.
	CPUs []int

	// Follow is whether a worker may run elsewhere while packets answer each other and the answers come
	// sooner there: on those of CPUs that are no other worker's, or if there are none on any that Run may use
	// when it starts. There it does not spin, and it goes home when they stop. FollowOff if empty.
	Follow Follow
}

// withDefaults checks the configuration and fills in what was left open.
func (c Config) withDefaults() (Config, error) {
	c.Batch = cmp.Or(c.Batch, DefaultBatch)
	c.Engine = cmp.Or(c.Engine, EngineAuto)
	c.GSO = cmp.Or(c.GSO, GSOPass)
	c.GRO = cmp.Or(c.GRO, GROAuto)
	c.Follow = cmp.Or(c.Follow, FollowOff)
	c.CPUs = distinct(c.CPUs) // worker i is at home on the i-th
	switch {
	case len(c.A) == 0:
		return c, errors.New("no queues to forward between")
	case len(c.A) != len(c.B):
		return c, fmt.Errorf("%d queues on one side, %d on the other: want as many", len(c.A), len(c.B))
	case len(c.IntakeA) != len(c.IntakeB) || len(c.IntakeA) > 0 && len(c.IntakeA) != Workers(len(c.A), c.CPUs):
		return c, fmt.Errorf("intake rings for %d and %d workers: want none, or %d for each device", len(c.IntakeA), len(c.IntakeB), Workers(len(c.A), c.CPUs))
	case c.Batch < 1 || c.Batch > MaxBatch:
		return c, fmt.Errorf("batch %d: want 1 to %d packets", c.Batch, MaxBatch)
	case c.Spin < 0 || c.Spin > MaxSpin:
		return c, fmt.Errorf("spin %v: want 0 to %v", c.Spin, MaxSpin)
	}
	if n := c.A[0].VnetHdrLen(); n != 0 && (n < offload.VnetHdrLen || n > maxVnetHdrLen) {
		return c, fmt.Errorf("queue %v has a vnet header of %d bytes: want 0 or %d to %d", c.A[0], n, offload.VnetHdrLen, maxVnetHdrLen)
	}
	for _, side := range [][]*tun.Queue{c.A, c.B} {
		for _, q := range side {
			if q.VnetHdrLen() != c.A[0].VnetHdrLen() {
				return c, fmt.Errorf("queue %v has a vnet header of %d bytes, queue %v one of %d: want the same",
					q, q.VnetHdrLen(), c.A[0], c.A[0].VnetHdrLen())
			}
		}
	}
	if err := c.checkWords(); err != nil {
		return c, err
	}
	for _, cpu := range c.CPUs {
		if cpu < 0 {
			return c, fmt.Errorf("CPU %d: want 0 or more", cpu)
		}
	}
	return c, nil
}

func (c Config) checkWords() error {
	_, engine := ParseEngine(string(c.Engine))
	_, gso := ParseGSO(string(c.GSO))
	_, gro := ParseGRO(string(c.GRO))
	_, follow := ParseFollow(string(c.Follow))
	return errors.Join(engine, gso, gro, follow)
}

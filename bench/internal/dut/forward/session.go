package forward

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"tunbench/bench/internal/testbed/nic"
	"tunbench/forwarder"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// Session is two open devices and a forwarder between them. Run once; Stats at
// any time; Close when Run has returned, or instead of it.
type Session struct {
	a, b      *tun.Device
	settings  settings
	steering  *steering
	intakes   *intakes // nil: none
	forwarder *forwarder.Forwarder
	handicap  handicap
	watch     *watch
	infoA     DeviceInfo
	infoB     DeviceInfo
	notes     notes

	mu     sync.Mutex // Stats may come while Close does
	closed bool
	last   forwarder.Stats
}

// Negotiated is what the kernel agreed to.
type Negotiated struct {
	A      DeviceInfo `json:"a"`
	B      DeviceInfo `json:"b"`
	Intake bool       `json:"intake,omitempty"` // packets may come through intakes
	Notes  []string   `json:"notes,omitempty"`  // what was asked for and not given
}

// DeviceInfo describes one open device.
type DeviceInfo struct {
	Endpoint   Endpoint `json:"endpoint"`
	Kind       string   `json:"kind"`
	Created    bool     `json:"created"` // rather than attached to
	Queues     int      `json:"queues"`
	VnetHdrLen int      `json:"vnet_hdr_len"` // bytes; 0: none
	Offload    string   `json:"offload"`      // accepted
}

// Open opens both devices and sets them. Nothing stays open, or set, when it fails.
func Open(o Options) (s *Session, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	sides := o.sides()
	for _, side := range sides {
		if err := nic.Fits(side.NetNS, side.Config); err != nil {
			return nil, fmt.Errorf("%v: %w", side.Endpoint, err)
		}
	}
	s = &Session{handicap: handicap{share: o.Handicap, cpus: o.workerCPUs()}, notes: notes{added: make(chan struct{}, 1)}}
	if err := s.handicap.check(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	if s.a, err = tun.Open(o.device(sides[0])); err != nil {
		return s, err
	}
	// Before the second is opened, which would need room for as many queues again.
	if id, err := tun.Lookup(o.B.NetNS, o.B.Device); err == nil && id.Known() && id == s.a.ID() {
		return s, fmt.Errorf("%v and %v: %w", o.A, o.B, ErrSameDevice)
	}
	if s.b, err = tun.Open(o.device(sides[1])); err != nil {
		return s, err
	}
	s.infoA, s.infoB = describe(s.a, o.A), describe(s.b, o.B)
	for _, dev := range []*tun.Device{s.a, s.b} {
		if dev.Offload() != o.Offload {
			s.notes.add(fmt.Sprintf("%s: offload %v refused by this kernel, running with %v", dev, o.Offload, dev.Offload()))
		}
	}
	for i, dev := range []*tun.Device{s.a, s.b} {
		if err := s.settings.apply(dev, sides[i]); err != nil {
			return s, err
		}
	}
	s.watch = newWatch(&s.notes, s.a, s.b)
	if err := s.watch.look(); err != nil {
		return s, err
	}
	if s.steering, err = steerDevices(o.Steer, s.a, s.b); errors.As(err, new(*steer.UnsupportedError)) {
		s.notes.add(fmt.Sprintf("steer=%s: %v; the kernel chooses the queue", o.Steer, err))
	} else if err != nil {
		return s, err
	}
	s.intakes = openIntakes(o, s.steering, s.a, s.b, s.notes.add)
	// A worker may hold a processor of the Go scheduler while it sleeps; the others are
	// for all else.
	cpus := runtime.NumCPU()
	runtime.GOMAXPROCS(cpus + min(o.Queues, cpus))
	s.forwarder, err = forwarder.New(forwarder.Config{
		A:       s.a.Queues(),
		B:       s.b.Queues(),
		Batch:   o.Batch,
		Spin:    o.Spin,
		Engine:  o.Engine,
		GSO:     o.GSO,
		GRO:     o.GRO,
		Note:    s.notes.add,
		IntakeA: s.intakes.rings(0),
		IntakeB: s.intakes.rings(1),
		CPUs:    o.CPUs,
		Follow:  o.follow(),
	})
	debug.FreeOSMemory() // what loading eBPF took
	if err != nil {
		return s, err
	}
	return s, s.settings.outlive() // last: what has failed leaves no device behind
}

func describe(dev *tun.Device, e Endpoint) DeviceInfo {
	e.Device = dev.Name()
	return DeviceInfo{
		Endpoint:   e,
		Kind:       dev.Kind().String(),
		Created:    dev.Created(),
		Queues:     len(dev.Queues()),
		VnetHdrLen: dev.VnetHdrLen(),
		Offload:    dev.Offload().String(),
	}
}

// Negotiated returns what the kernel agreed to. Notes may be added while packets are
// forwarded.
func (s *Session) Negotiated() Negotiated {
	return Negotiated{A: s.infoA, B: s.infoB, Intake: s.intakes.inUse(), Notes: s.notes.list()}
}

// Run forwards until ctx is done (nil) or a device fails.
func (s *Session) Run(ctx context.Context) error {
	stop, err := s.handicap.start()
	if err != nil {
		return err
	}
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := make(chan error, 1)
	go func() {
		defer cancel()
		watched <- s.watch.run(ctx)
	}()
	err = s.forwarder.Run(ctx)
	cancel()
	return errors.Join(err, <-watched)
}

// Noted delivers a value when Negotiated has new notes.
func (s *Session) Noted() <-chan struct{} { return s.notes.added }

// Stats returns the counters of the forwarder; after Close, the last ones.
func (s *Session) Stats() forwarder.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return s.last
	}
	return s.forwarder.Stats()
}

// Close takes back what Open set on the devices and closes them; those that Open created disappear, unless they are to be persistent. It may
// be called again.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	if s.forwarder != nil {
		s.last = s.forwarder.Stats()
		errs = append(errs, s.forwarder.Close())
	}
	if s.intakes != nil {
		errs = append(errs, s.intakes.close())
	}
	if s.steering != nil {
		errs = append(errs, s.steering.close())
	}
	errs = append(errs, s.settings.undo())
	for _, dev := range []*tun.Device{s.a, s.b} {
		if dev != nil {
			errs = append(errs, dev.Close())
		}
	}
	return errors.Join(errs...)
}

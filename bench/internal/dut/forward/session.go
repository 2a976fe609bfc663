package forward

import (
	"context"
	"errors"
	"fmt"

	"tunbench/forwarder"
	"tunbench/forwarder/tun"
)

// Session is two open devices and a forwarder between them. Run once; Stats at
// any time; Close when Run has returned, or instead of it.
type Session struct {
	a, b       *tun.Device
	forwarder  *forwarder.Forwarder
	negotiated Negotiated
}

// Negotiated is what the kernel agreed to.
type Negotiated struct {
	A     DeviceInfo `json:"a"`
	B     DeviceInfo `json:"b"`
	Notes []string   `json:"notes,omitempty"` // what was asked for and not given
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

// Open opens both devices. Nothing stays open when it fails.
func Open(o Options) (s *Session, err error) {
	if o.A == o.B {
		return nil, fmt.Errorf("%v: %w", o.A, ErrSameDevice)
	}
	s = &Session{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	if s.a, err = tun.Open(o.device(o.A)); err != nil {
		return s, err
	}
	if s.b, err = tun.Open(o.device(o.B)); err != nil {
		return s, err
	}
	s.negotiated = Negotiated{A: describe(s.a, o.A), B: describe(s.b, o.B)}
	for _, dev := range []*tun.Device{s.a, s.b} {
		if dev.Offload() != o.Offload {
			s.negotiated.Notes = append(s.negotiated.Notes,
				fmt.Sprintf("%s: offload %v refused by this kernel, running with %v", dev.Name(), o.Offload, dev.Offload()))
		}
	}
	s.forwarder, err = forwarder.New(forwarder.Config{
		A:     s.a.Queues(),
		B:     s.b.Queues(),
		Batch: o.Batch,
		Spin:  o.Spin,
		CPUs:  o.CPUs,
	})
	return s, err
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

// Negotiated returns what the kernel agreed to.
func (s *Session) Negotiated() Negotiated { return s.negotiated }

// Run forwards until ctx is done (nil) or a device fails.
func (s *Session) Run(ctx context.Context) error { return s.forwarder.Run(ctx) }

// Stats returns the forwarder's counters.
func (s *Session) Stats() forwarder.Stats { return s.forwarder.Stats() }

// Close closes the devices; those that Open created disappear.
func (s *Session) Close() error {
	var errs []error
	if s.forwarder != nil {
		errs = append(errs, s.forwarder.Close())
	}
	for _, dev := range []*tun.Device{s.a, s.b} {
		if dev != nil {
			errs = append(errs, dev.Close())
		}
	}
	return errors.Join(errs...)
}

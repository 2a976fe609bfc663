package forward

import (
	"errors"
	"fmt"
	"slices"

	"tunbench/bench/internal/testbed/nic"
	"tunbench/forwarder/tun"
)

// Interface is what a device is set to as the network card that it is to the kernel. The zero value of a field leaves things as they are, but
// the device is set up.
type Interface struct {
	nic.Config
	Persistent bool `json:"persistent,omitempty"` // the device outlives the forwarder
	Owner      *int `json:"owner,omitempty"`      // uid of who may open it without CAP_NET_ADMIN
	Group      *int `json:"group,omitempty"`      // gid
}

// settings are what was set on the devices of a Session.
type settings struct {
	done []setting
}

type setting struct {
	device *tun.Device
	side   side
	nic    *nic.Setting
}

// apply sets an open device.
func (s *settings) apply(device *tun.Device, of side) error {
	set, err := nic.Apply(of.NetNS, device.IfIndex(), of.Config)
	if err != nil {
		return fmt.Errorf("configure %v: %w", device, err)
	}
	s.done = append(s.done, setting{device, of, set})
	return nil
}

// outlive makes persistent what is to be, and names who may use it. When it fails, what it changed is as it was, or the error says what is not.
func (s *settings) outlive() error {
	var undo []func() error
	for _, one := range s.done {
		if err := one.outlive(&undo); err != nil {
			for _, back := range slices.Backward(undo) {
				err = errors.Join(err, back())
			}
			return err
		}
	}
	return nil
}

// outlive does so with one device, and adds what takes each change back.
func (s setting) outlive(undo *[]func() error) error {
	if !s.side.Persistent {
		return nil
	}
	owner, group, err := s.device.Owners()
	if err != nil {
		return err
	}
	if err := s.own(s.side.Owner, owner, "owner", s.device.SetOwner, undo); err != nil {
		return err
	}
	if err := s.own(s.side.Group, group, "group", s.device.SetGroup, undo); err != nil {
		return err
	}
	if err := s.device.SetPersistent(true); err != nil {
		return err
	}
	if s.device.Created() {
		*undo = append(*undo, func() error { return s.device.SetPersistent(false) })
	}
	return nil
}

// own names the owner or the group, unless it is so already.
func (s setting) own(to, before *int, what string, set func(int) error, undo *[]func() error) error {
	if to == nil || before != nil && *before == *to {
		return nil
	}
	if err := set(*to); err != nil {
		return err
	}
	*undo = append(*undo, func() error {
		switch {
		case before != nil:
			return set(*before)
		case s.device.Created():
			return nil // it goes
		}
		return fmt.Errorf("%v had no %s and keeps %d: the kernel takes none back: delete the device and make it anew", s.device, what, *to)
	})
	return nil
}

// undo takes back what apply did. It may be called again.
func (s *settings) undo() error {
	var errs []error
	for _, one := range s.done {
		if err := one.nic.Undo(); err != nil {
			errs = append(errs, fmt.Errorf("restore device %v: %w", one.device, err))
		}
	}
	s.done = nil
	return errors.Join(errs...)
}

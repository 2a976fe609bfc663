package forward

import (
	"errors"
	"fmt"

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
	done    []setting
	lasting []*tun.Device // made persistent here
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

// outlive makes persistent what is to be, and names who may use it. When it fails, what it made persistent is not any more.
func (s *settings) outlive() error {
	for _, one := range s.done {
		if err := one.outlive(); err != nil {
			for _, device := range s.lasting {
				err = errors.Join(err, device.SetPersistent(false))
			}
			return err
		}
		if one.side.Persistent && one.device.Created() {
			s.lasting = append(s.lasting, one.device)
		}
	}
	return nil
}

func (s setting) outlive() error {
	if !s.side.Persistent {
		return nil
	}
	if s.side.Owner != nil {
		if err := s.device.SetOwner(*s.side.Owner); err != nil {
			return err
		}
	}
	if s.side.Group != nil {
		if err := s.device.SetGroup(*s.side.Group); err != nil {
			return err
		}
	}
	return s.device.SetPersistent(true)
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

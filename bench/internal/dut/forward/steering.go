package forward

import (
	"errors"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// steering is a program that chooses queues, and the devices that it does it for.
type steering struct {
	program *steer.Program
	devices []*tun.Device // theirs
}

// steerDevices lets a policy choose the queues of devices that have as many. It returns
// nil where there is nothing to choose; nothing stays attached when it fails.
func steerDevices(policy steer.Policy, devices ...*tun.Device) (*steering, error) {
	queues := len(devices[0].Queues())
	if policy == "" || policy == steer.PolicyKernel {
		return nil, unsteer(devices...)
	}
	if queues == 1 {
		return nil, nil
	}
	program, err := steer.Load(policy, queues)
	if errors.As(err, new(*steer.UnsupportedError)) {
		return nil, errors.Join(err, unsteer(devices...))
	}
	if err != nil {
		return nil, err
	}
	s := &steering{program: program}
	for _, device := range devices {
		if err := program.Attach(device.Queues()[0].FD()); err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.devices = append(s.devices, device)
	}
	return s, nil
}

// unsteer takes away what a program that was killed may have left on devices. Where they
// cannot be steered there is nothing.
func unsteer(devices ...*tun.Device) error {
	for _, device := range devices {
		if device.Created() {
			continue
		}
		if err := steer.Detach(device.Queues()[0].FD()); err != nil && !errors.As(err, new(*steer.UnsupportedError)) {
			return err
		}
	}
	return nil
}

// close leaves the devices, which may outlive us, without a program; the program of others
// that have come to a device since stays. It must be called before they are closed, and may
// be called again.
func (s *steering) close() error {
	var errs []error
	for _, device := range s.devices {
		others, err := device.OthersCame()
		if err == nil && !others {
			err = steer.Detach(device.Queues()[0].FD())
		}
		if !errors.Is(err, unix.EBADFD) { // the device is gone, and its program with it
			errs = append(errs, err)
		}
	}
	s.devices = nil
	return errors.Join(append(errs, s.program.Close())...)
}

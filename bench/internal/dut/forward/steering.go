package forward

import (
	"errors"

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
	if policy == "" || policy == steer.PolicyKernel || queues == 1 {
		return nil, clearAll(devices)
	}
	program, err := steer.Load(policy, queues)
	if errors.As(err, new(*steer.UnsupportedError)) {
		return nil, errors.Join(err, clearAll(devices))
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

// clearAll takes away what a program that was killed may have left on devices.
func clearAll(devices []*tun.Device) error {
	for _, device := range devices {
		if err := steer.Clear(device, device.Queues()[0].FD()); err != nil {
			return err
		}
	}
	return nil
}

// close leaves the devices without a program. It must be called before they are closed, and may be called again.
func (s *steering) close() error {
	var errs []error
	for _, device := range s.devices {
		errs = append(errs, steer.Leave(device, device.Queues()[0].FD()))
	}
	s.devices = nil
	return errors.Join(append(errs, s.program.Close())...)
}

package forward

import (
	"errors"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

// steering is a program that chooses queues, and the devices that it does it for.
type steering struct {
	program *steer.Program
	fds     []int // of one queue of each device; theirs
}

// steerDevices lets a policy choose the queues of devices that have as many. It returns
// nil where there is nothing to choose; nothing stays attached when it fails.
func steerDevices(policy steer.Policy, devices ...*tun.Device) (*steering, error) {
	queues := len(devices[0].Queues())
	if policy == "" || policy == steer.PolicyKernel || queues == 1 {
		return nil, nil
	}
	program, err := steer.Load(policy, queues)
	if err != nil {
		return nil, err
	}
	s := &steering{program: program}
	for _, device := range devices {
		fd := device.Queues()[0].FD()
		if err := program.Attach(fd); err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.fds = append(s.fds, fd)
	}
	return s, nil
}

// close leaves the devices, which may outlive us, as they were. It must be called
// before they are closed, and may be called again.
func (s *steering) close() error {
	var errs []error
	for _, fd := range s.fds {
		errs = append(errs, steer.Detach(fd))
	}
	s.fds = nil
	return errors.Join(append(errs, s.program.Close())...)
}

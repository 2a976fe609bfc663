package forward

import (
	"errors"
	"fmt"
	"net"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
)

// intakes are those of the two devices.
type intakes [2]*intake.Intake

// attachIntakes attaches an intake to each device. Nothing stays attached when it fails.
func attachIntakes(o Options, devices ...*tun.Device) (*intakes, error) {
	i := &intakes{}
	for k, device := range devices {
		endpoint := [...]Endpoint{o.A, o.B}[k]
		err := tun.InNamespace(endpoint.NetNS, func() error {
			link, err := net.InterfaceByName(device.Name())
			if err != nil {
				return fmt.Errorf("find device %s: %w", device.Name(), err)
			}
			i[k], err = intake.Attach(intake.Config{
				IfIndex: link.Index, Queues: o.Queues, Workers: forwarder.Workers(o.Queues, o.CPUs), Steer: o.Steer, VnetHdrLen: device.VnetHdrLen(),
			})
			return err
		})
		if err != nil {
			return nil, errors.Join(err, i.close())
		}
	}
	return i, nil
}

// canTakeIn says whether packets may come through shared memory, given what chooses the
// queue: an intake hands over superpackets and unfinished checksums of all kinds, and must
// choose as the driver would.
func canTakeIn(steering *steering, devices ...*tun.Device) bool {
	for _, device := range devices {
		queues := len(device.Queues())
		if device.VnetHdrLen() == 0 || device.Offload() != tun.OffloadAll || queues > 1 && steering == nil {
			return false
		}
	}
	return true
}

func (i *intakes) rings(k int) []*intake.Ring {
	if i == nil {
		return nil
	}
	return i[k].Rings()
}

func (i *intakes) close() error {
	var errs []error
	for _, one := range i {
		if one != nil {
			errs = append(errs, one.Close())
		}
	}
	return errors.Join(errs...)
}

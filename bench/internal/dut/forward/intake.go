package forward

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"tunbench/forwarder"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
)

const (
	// watchEvery is how often the devices are searched for what packets that are taken would
	// skip.
	watchEvery = time.Second
	// blindLooks is how many times in a row that may fail.
	blindLooks = 5
)

// Skipped names what packets that come through an intake skip of the device that they leave by.
func Skipped() []string { return []string{"filters", "qdisc", "captures", "counters"} }

// intakes are those of the two devices. All of them are in use or none.
type intakes struct {
	endpoints [2]Endpoint
	devices   [2]*tun.Device
	attached  [2]*intake.Intake
	off       atomic.Bool // detached for what was found later
	stop      chan struct{}
	watching  sync.WaitGroup
}

// openIntakes attaches an intake to each device, or says in a note why not: then all packets are
// read from the devices. It returns nil where there are none.
func openIntakes(o Options, steering *steering, a, b *tun.Device, note func(string)) *intakes {
	if o.Intake != intake.ModeAuto {
		return nil
	}
	i := &intakes{endpoints: [2]Endpoint{o.A, o.B}, devices: [2]*tun.Device{a, b}, stop: make(chan struct{})}
	err := canTakeIn(o, steering, a, b)
	for k := range i.devices {
		if err == nil {
			err = i.attach(k, o)
		}
	}
	if err != nil {
		note(fmt.Sprintf("intake=%s: %v; all packets are read from the devices", o.Intake, errors.Join(err, i.close())))
		return nil
	}
	for k := range i.attached {
		i.watching.Go(func() { i.watch(k, note) })
	}
	return i
}

// canTakeIn says why packets may not come through shared memory: an intake hands over
// superpackets and unfinished checksums of all kinds, and must choose the queue as the driver
// would.
func canTakeIn(o Options, steering *steering, devices ...*tun.Device) error {
	if o.Engine != forwarder.EngineAuto {
		return fmt.Errorf("not with engine=%s: want engine=%s", o.Engine, forwarder.EngineAuto)
	}
	for _, device := range devices {
		switch queues := len(device.Queues()); {
		case device.VnetHdrLen() == 0:
			return errors.New("not without vnet headers")
		case device.Offload() != tun.OffloadAll:
			return fmt.Errorf("%v: not with offload=%v: want offload=%v", device, device.Offload(), tun.OffloadAll)
		case queues > 1 && steering == nil:
			return fmt.Errorf("%v: the kernel chooses among %d queues, and its choice cannot be repeated: want one queue, or steer=hash", device, queues)
		}
	}
	return nil
}

// attach attaches the intake of device k, unless there is something in the way.
func (i *intakes) attach(k int, o Options) error {
	device := i.devices[k]
	return tun.InNamespace(i.endpoints[k].NetNS, func() error {
		if err := i.inTheWay(k, func() (string, error) { return intake.Skipped(device.IfIndex()) }); err != nil {
			return err
		}
		attached, err := intake.Attach(intake.Config{
			IfIndex: device.IfIndex(), Queues: o.Queues, Workers: forwarder.Workers(o.Queues, o.CPUs), Steer: o.Steer, VnetHdrLen: device.VnetHdrLen(),
		})
		i.attached[k] = attached
		return err
	})
}

// inTheWayError is what somebody set up at a device, or has of it, because of which packets are not
// to be taken.
type inTheWayError string

func (e inTheWayError) Error() string { return string(e) }

// inTheWay looks for what packets of device k would skip, and for whom they would be taken away
// from. The error is an inTheWayError where there is something.
func (i *intakes) inTheWay(k int, skipped func() (string, error)) error {
	what, err := skipped()
	if err != nil {
		return fmt.Errorf("%v: %w", i.endpoints[k], err)
	}
	if what != "" {
		return inTheWayError(fmt.Sprintf("%v has %s that packets would skip", i.endpoints[k], what))
	}
	if others, err := i.devices[k].Others(); err == nil && others > 0 {
		return inTheWayError(fmt.Sprintf("%v has queues of another program, whose packets would be taken", i.endpoints[k]))
	}
	return nil
}

// watch detaches both intakes when something is found at device k that is in the way. It
// returns then, or when they are closed.
func (i *intakes) watch(k int, note func(string)) {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	err := tun.InNamespace(i.endpoints[k].NetNS, func() error {
		for blind := 0; ; {
			select {
			case <-i.stop:
				return nil
			case <-ticks.C:
			}
			err := i.inTheWay(k, i.attached[k].Skipped)
			if blind++; err == nil {
				blind = 0
			}
			if errors.As(err, new(inTheWayError)) || blind >= blindLooks {
				return err
			}
		}
	})
	if err == nil || i.off.Swap(true) {
		return
	}
	for _, one := range i.attached {
		err = errors.Join(err, one.Detach())
	}
	note(fmt.Sprintf("intake=%s: %v; from now on all packets are read from the devices", intake.ModeAuto, err))
}

// inUse reports whether packets may come through the intakes.
func (i *intakes) inUse() bool { return i != nil && !i.off.Load() }

func (i *intakes) rings(k int) []*intake.Ring {
	if i == nil {
		return nil
	}
	return i.attached[k].Rings()
}

func (i *intakes) close() error {
	close(i.stop)
	i.watching.Wait()
	var errs []error
	for _, one := range i.attached {
		if one != nil {
			errs = append(errs, one.Close())
		}
	}
	return errors.Join(errs...)
}

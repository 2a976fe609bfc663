package dut

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// Discard stands in for a device under test while the tester is calibrated: it reads the packets from the devices
// and throws them away, faster than any forwarder could. The load that it takes is the most that the tester can
// offer.
func Discard() Kind { return discard{} }

type discard struct{}

func (discard) Scene(s scenario.Scenario) testbed.Config { return ownForwarder{}.Scene(s) }

func (discard) Start(ctx context.Context, scene *testbed.Testbed, s scenario.Scenario, cpus []int) (Running, error) {
	offload, err := tun.ParseOffload(string(s.Offload))
	if err != nil {
		return nil, err
	}
	d := &discarding{stopped: make(chan struct{})}
	for _, end := range []*testbed.End{scene.A(), scene.B()} {
		device, err := tun.Open(tun.Config{
			NetNS: end.Attach.Namespace.Path(), Name: end.Attach.Device, Kind: kindOf(s), Queues: s.Queues,
			VnetHdr: s.VNet == scenario.On, Offload: offload, MustExist: true,
		})
		if err != nil {
			return nil, errors.Join(err, d.closeDevices())
		}
		d.devices = append(d.devices, device)
	}
	if err := scene.WaitCarrier(ctx); err != nil {
		return nil, errors.Join(err, d.closeDevices())
	}
	go func() {
		// An error would be that it did not return, and nobody would know it here.
		_ = host.OnOwnThread(func() error { d.read(cpus); return nil })
	}()
	return d, nil
}

// discarding is a Discard at work.
type discarding struct {
	inKernel // it has no process of its own and nothing to say
	devices  []*tun.Device
	stop     atomic.Bool
	stopped  chan struct{}
	once     sync.Once
	err      error
}

// read empties all queues in turn until it is stopped, on a thread of its own.
func (d *discarding) read(cpus []int) {
	defer close(d.stopped)
	if len(cpus) > 0 {
		// Anywhere else it does the same, only less steadily.
		_ = host.PinThread(cpus[0])
	}
	var queues []*tun.Queue
	for _, device := range d.devices {
		queues = append(queues, device.Queues()...)
	}
	// The rest of a longer packet is cut off, which costs nothing.
	buf := make([]byte, 64)
	iov := []unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}}
	for !d.stop.Load() {
		// Not poll: to wake a reader for every packet would cost the generator.
		time.Sleep(discardPause)
		for _, q := range queues {
			for errno := unix.Errno(0); errno == 0 && !d.stop.Load(); {
				_, errno = q.Readv(iov)
			}
		}
	}
}

// discardPause is less than it takes to fill the usual ring, and more than would keep
// the CPU busy.
const discardPause = 200 * time.Microsecond

func (d *discarding) Stop() error {
	d.once.Do(func() {
		d.stop.Store(true)
		<-d.stopped
		d.err = d.closeDevices()
	})
	return d.err
}

func (d *discarding) closeDevices() error {
	var errs []error
	for _, device := range d.devices {
		errs = append(errs, device.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close devices: %w", err)
	}
	return nil
}

// Discards says that what goes in comes out nowhere: nobody needs to wait for it.
func (d *discarding) Discards() bool { return true }

// Info says which offload the devices have: superpackets reach them whole or not.
func (d *discarding) Info() *results.DUT {
	return &results.DUT{OffloadAccepted: d.devices[0].Offload().String()}
}

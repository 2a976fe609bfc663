package conform

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
	"tunbench/offload/offloadtest"
	"tunbench/results"
)

// twoThreads is a program with a mistake that many make: two threads read one fd and write
// what they read, so that one overtakes the other.
type twoThreads struct{}

func (twoThreads) Scene(scenario.Scenario) testbed.Config {
	return testbed.Config{Topology: testbed.Devices, Kind: tun.TUN, MultiQueue: true}
}

func (twoThreads) Start(ctx context.Context, scene *testbed.Testbed, _ scenario.Scenario, _ []int) (dut.Running, error) {
	p := &overtaking{ended: make(chan struct{}), stop: make(chan struct{})}
	for _, end := range []*testbed.End{scene.A(), scene.B()} {
		device, err := tun.Open(tun.Config{NetNS: end.Namespace.Path(), Name: end.Device, Kind: tun.TUN, Queues: 1, MustExist: true})
		if err != nil {
			return nil, errors.Join(err, p.Stop())
		}
		p.devices = append(p.devices, device)
	}
	for range 2 {
		for from := range 2 {
			p.threads.Go(func() { p.move(p.devices[from].Queues()[0], p.devices[1-from].Queues()[0]) })
		}
	}
	return p, scene.WaitCarrier(ctx)
}

type overtaking struct {
	devices []*tun.Device
	ended   chan struct{}
	stop    chan struct{}
	threads sync.WaitGroup
	once    sync.Once
}

func (p *overtaking) move(from, to *tun.Queue) {
	buf := make([]byte, 1<<16)
	for {
		select {
		case <-p.stop:
			return
		default:
		}
		n, err := unix.Read(from.FD(), buf)
		if err != nil {
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(from.FD()), Events: unix.POLLIN}}, 1)
			continue
		}
		_, _ = unix.Write(to.FD(), buf[:n])
	}
}

func (p *overtaking) Processes() []int                    { return nil }
func (p *overtaking) Info() *results.DUT                  { return nil }
func (p *overtaking) Counters() (*forwarder.Stats, error) { return nil, nil }
func (p *overtaking) Ended() <-chan struct{}              { return p.ended }
func (p *overtaking) Err() error                          { return nil }

func (p *overtaking) Stop() (err error) {
	p.once.Do(func() {
		close(p.stop)
		p.threads.Wait()
		for _, d := range p.devices {
			err = errors.Join(err, d.Close())
		}
	})
	return err
}

// TestTwoThreadsOnOneQueueAreFound repeats the case until one thread has overtaken the other:
// where the machine has one CPU to spare that may take a while.
func TestTwoThreadsOnOneQueueAreFound(t *testing.T) {
	attempts := 0
	for deadline := time.Now().Add(5 * time.Minute); attempts < 20 || time.Now().Before(deadline); attempts++ {
		if result := run(t, "vnet=off", "behaviour/order", twoThreads{})[0]; result.Finding == offloadtest.Reordered {
			if result.Figures["reordered_ratio"] <= 0 {
				t.Errorf("figures %v, want a share of reordered packets", result.Figures)
			}
			return
		} else if result.Outcome == Failed {
			t.Fatalf("%s: %s", result.Finding, result.Reason)
		}
	}
	t.Errorf("no packet was out of order in %d attempts", attempts)
}

package measure

import (
	"context"
	"errors"
	"slices"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/bench/internal/vm"
	"tunbench/results"
)

// guestTimeout is how long an answer of a guest is waited for. An emulated one on a busy machine stands still for longer than an answer
// of a namespace may take.
const guestTimeout = time.Second

// startGuest boots the guest that is end B of the scene.
func (r *Rig) startGuest(ctx context.Context, o Options, cfg testbed.Config) (err error) {
	machines := o.Machines
	if machines == nil {
		machines = &vm.Machines{}
	}
	s := r.scenario
	r.guest, err = machines.Start(ctx, r.scene, cfg, vm.Spec{
		Kernel: s.Guest, Queues: s.GuestQueues, VnetHdr: s.GuestOffload != scenario.GuestBare, Emulated: s.Accel == scenario.Emulated,
		Checksum: s.GuestOffload.OffersChecksums(), TSO: s.GuestOffload == scenario.GuestTSO,
	})
	if err != nil {
		return err
	}
	go func() {
		select {
		case <-r.guest.Ended():
			r.cancel(r.guest.Err())
		case <-r.alive.Done():
		}
	}()
	return r.scene.WaitGuest(ctx)
}

// deviceCounters reads those of the scene; B's are the guest's where it is that end.
func (r *Rig) deviceCounters() (testbed.Counters, error) {
	c, err := r.scene.Counters()
	if err != nil || r.guest == nil {
		return c, err
	}
	inside, err := r.guest.Counters()
	c.B, c.StackB = inside.Link, inside.Stack
	return c, err
}

// guestProcesses are those of the guest.
func (r *Rig) guestProcesses() []int {
	if r.guest == nil || r.guest.Process == 0 {
		return nil
	}
	return []int{r.guest.Process}
}

// reportGuest says in a record which guest there was, and what it cost.
func (m *trial) reportGuest(t *results.Trial, used host.ProcessUse, packets uint64) {
	if m.guest == nil {
		return
	}
	t.Guest = &results.Guest{
		Kernel: m.guest.Release, Emulated: m.guest.Emulated, CPUs: m.guest.CPUs, BootS: m.guest.Boot.Seconds(),
		NsPerPacket: each(float64(used.RunNs), packets),
	}
	if m.guest.Emulated {
		m.warn("emulated: QEMU translated every instruction of the guest; figures show that it works, not how fast it is")
	}
	if m.scenario.OpenLoop() {
		m.warn("no latency one way: host and guest have two clocks; load=pingpong measures round trips")
	}
}

// openWithGuest opens the traffic of a direction whose one end is a guest.
func (w *way) openWithGuest(s scenario.Scenario, g *vm.Guest, cpu int) (err error) {
	if w.index == 0 {
		w.sink, err = g.Sink(vm.SinkOrder{
			Kind: traffic.SinkKind(s.Sink), Port: w.port, Flows: s.Flows, Verify: s.Verify == scenario.On, IPv6: s.IP == scenario.IPv6,
		})
		if err == nil {
			w.generator, err = w.newGenerator(s, cpu)
		}
		return err
	}
	local, err := w.newSink(s)
	if err != nil {
		return err
	}
	w.sink = g.FromGuest(local)
	w.generator, err = g.Generator(vm.GeneratorOrder{Profile: w.profile(s), Segments: s.Segs})
	return err
}

// ProbeGuests says why scenarios that ask for accel=kvm cannot have it: no guest starts with it. It returns a nil noKVM where all is well, or no
// scenario has a guest. The error is for what no guest can do without.
func ProbeGuests(ctx context.Context, machines *vm.Machines, scenarios []scenario.Scenario) (noKVM, err error) {
	i := slices.IndexFunc(scenarios, func(s scenario.Scenario) bool { return s.Accel == scenario.KVM })
	if i < 0 {
		return nil, nil
	}
	has, err := machines.HasKVM(ctx, scenarios[i].Guest)
	if err != nil || has {
		return nil, err
	}
	return errors.New("no guest starts with KVM here"), nil
}

package conform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/offload/offloadtest"
)

func behaviourCases() []Case {
	all := []offloadtest.Kind{offloadtest.Lost, offloadtest.Changed, offloadtest.Twice, offloadtest.Reordered, Stopped}
	return []Case{
		{Group: Behaviour, Name: "order", Doc: "64 flows interleaved: each packet once, in the order of its flow", Finds: all, run: keepsOrder},
		{Group: Behaviour, Name: "both-directions", Doc: "flows in both directions at once", Finds: all, run: bothDirections},
		{Group: Behaviour, Name: "prompt", Doc: "lone packets are not held back", Finds: []offloadtest.Kind{Late, offloadtest.Lost}, run: isPrompt},
		{Group: Behaviour, Name: "idle-cpu", Doc: "CPU time without packets, as a figure", run: idleCPU},
		{Group: Behaviour, Name: "device-down", Doc: "a device that is down for a while: packets pass again afterwards", Finds: all, run: deviceDown, spoils: true},
		{Group: Behaviour, Name: "mtu", Doc: "the MTU of the devices changes: longer and shorter packets pass", Finds: all, needs: needsFreeMTU, run: mtuChanges, spoils: true},
		{Group: Behaviour, Name: "restarts", Doc: "100 starts and stops on the same devices, nothing of which is left", Finds: all, run: restarts, spoils: true},
		{Group: Behaviour, Name: "device-deleted", Doc: "a device is deleted: the program ends, with an error", Finds: []offloadtest.Kind{Stopped}, run: deviceDeleted, spoils: true},
	}
}

// interleaved sends packets of many flows of all transports in turn.
func interleaved(m *maker, flows, turns int) {
	var all []*offloadtest.Flow
	for i := range flows {
		t := transports[i%len(transports)]
		all = append(all, m.flow(offloadtest.Spec{Version: t.version, Protocol: t.protocol}))
	}
	for turn := range turns {
		for i, f := range all {
			packet := f.Next(f.Payload(20+i+turn%2), offloadtest.ACK)
			if turn%4 == 0 {
				m.partial(f, packet)
			} else {
				m.whole(packet)
			}
		}
	}
}

// exchange sends interleaved flows from the ends with these numbers, both at once, and
// compares what arrives.
func (r *room) exchange(ctx context.Context, flows, turns int, from ...int) (ways []*way, err error) {
	sent := make(chan error, len(from))
	for _, i := range from {
		w := r.way(i)
		m := newMaker(fmt.Sprint("exchange", i), w.ethernet, r.setting.InnerMTU())
		interleaved(m, flows, turns)
		r.expectAll(w.arrivals, m.frames)
		ways = append(ways, w)
		go func() { sent <- w.send(ctx, m.frames, r.ring()) }()
	}
	var errs []error
	for range from {
		errs = append(errs, <-sent)
	}
	if err := errors.Join(errs...); err != nil {
		return ways, errors.Join(r.alive(), err)
	}
	for _, w := range ways {
		errs = append(errs, w.end(ctx, r.scene))
	}
	return ways, errors.Join(append(errs, r.alive())...)
}

func keepsOrder(ctx context.Context, r *room) error {
	const flows, turns = 64, 200
	ways, err := r.exchange(ctx, flows, turns, 0)
	r.figures["reordered_ratio"] = float64(ways[0].arrivals.Reordered) / (flows * turns)
	return err
}

func bothDirections(ctx context.Context, r *room) error {
	_, err := r.exchange(ctx, 64, 100, 0, 1)
	return err
}

const (
	lonePackets = 50
	// held is what every lone packet exceeds only where all are held back, on any machine. After as many as heldInARow
	// that is certain.
	held       = 100 * time.Millisecond
	heldInARow = 20
	// stalled is what a lone packet exceeds only where the program stops for that long.
	stalled = 2 * time.Second
	// forgotten is when a packet is lost.
	forgotten = 5 * time.Second
)

// isPrompt sends packets one by one, each when the one before has arrived.
func isPrompt(ctx context.Context, r *room) error {
	w := r.way(0)
	m := newMaker("prompt", w.ethernet, r.setting.InnerMTU())
	interleaved(m, 1, lonePackets)
	least, most := forgotten, time.Duration(0)
	var late []byte
	for i, f := range m.frames {
		r.expectAll(w.arrivals, []frame{f})
		sent := time.Now()
		if err := w.from.Send(f.bytes); err != nil {
			return err
		}
		for w.arrivals.Missing > 0 && time.Since(sent) < forgotten && ctx.Err() == nil {
			if err := w.to.Wait(lookMs); err != nil {
				return err
			}
			if _, err := w.take(); err != nil {
				return err
			}
		}
		took := time.Since(sent)
		least = min(least, took)
		if took > most {
			most, late = took, f.packet()
		}
		if w.arrivals.Missing > 0 || least > held && i+1 >= heldInARow {
			break
		}
	}
	r.figures["slowest_lone_packet_ms"] = float64(most.Microseconds()) / 1e3
	if err := w.end(ctx, r.scene); err != nil {
		return err
	}
	if most > stalled || least > held {
		return &offloadtest.Finding{Kind: Late, Packet: late, Why: fmt.Sprintf("lone packets take from %v to %v", least, most)}
	}
	return nil
}

// idleTime is how long a program is watched.
const idleTime = 500 * time.Millisecond

func idleCPU(ctx context.Context, r *room) error {
	if err := needsProcess(r); err != nil {
		return err
	}
	before, err := host.ReadProcessTime(r.running.Processes()...)
	if err != nil {
		return err
	}
	start := time.Now()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(idleTime):
	}
	after, err := host.ReadProcessTime(r.running.Processes()...)
	if err != nil {
		return errors.Join(r.alive(), err)
	}
	r.figures["idle_cpu_ratio"] = float64(after.Sub(before).RunNs) / float64(time.Since(start).Nanoseconds())
	return r.alive()
}

// deviceDown sets the device of each end down and up, with packets on their way to it.
func deviceDown(ctx context.Context, r *room) error {
	for i, end := range []*testbed.End{r.scene.B(), r.scene.A()} {
		if err := end.SetUp(false); err != nil {
			return err
		}
		if i == 0 {
			if err := r.lose(); err != nil {
				return err
			}
		}
		if err := r.scene.Settle(ctx); err != nil {
			return err
		}
		if err := errors.Join(r.alive(), end.SetUp(true)); err != nil {
			return err
		}
		if err := r.scene.WaitCarrier(ctx); err != nil {
			return &offloadtest.Finding{Kind: Stopped, Why: err.Error()}
		}
		if err := r.reopen(); err != nil {
			return err
		}
		if _, err := r.exchange(ctx, 8, 25, 0, 1); err != nil {
			return err
		}
	}
	return nil
}

// lose sends packets from A that nobody can deliver.
func (r *room) lose() error {
	m := newMaker("lose", r.scene.A().Ethernet, r.setting.InnerMTU())
	interleaved(m, 8, 5)
	r.strays = m.frames
	for _, f := range m.frames {
		if err := r.sockets[0].Send(f.bytes); err != nil {
			return err
		}
	}
	return nil
}

// needsFreeMTU says that the MTU of a tunnel's devices is bound to that of the physical link.
func needsFreeMTU(s scenario.Scenario) string {
	if s.Topo == scenario.Tunnel {
		return "the physical link leaves a tunnel's devices no other MTU"
	}
	return ""
}

// mtuChanges sends the longest packets at a larger MTU and at the least that IPv6 allows.
func mtuChanges(ctx context.Context, r *room) error {
	const more = 500
	for _, mtu := range []int{min(r.setting.InnerMTU()+more, longest-offloadtest.EthernetLen), MinMTU, r.setting.InnerMTU()} {
		for _, end := range []*testbed.End{r.scene.A(), r.scene.B()} {
			if err := end.SetMTU(mtu); err != nil {
				return err
			}
		}
		for from := range r.sockets {
			w := r.way(from)
			m := newMaker("mtu", w.ethernet, mtu)
			forEach(m, func(s offloadtest.Spec) {
				f := m.flow(s)
				for range 5 {
					m.each(f, m.room(f), offloadtest.ACK)
				}
				if segments := min(10, longest/mtu-1); segments > 0 {
					m.superpacket(f, m.room(f), segments, 99, 0, 0)
				}
			})
			r.expectAll(w.arrivals, m.frames)
			if err := w.send(ctx, m.frames, r.ring()); err != nil {
				return errors.Join(r.alive(), err)
			}
			if err := w.end(ctx, r.scene); err != nil {
				return fmt.Errorf("mtu %d: %w", mtu, err)
			}
		}
	}
	return r.alive()
}

// restartTimes is how often the case restarts starts a program again.
const restartTimes = 100

// restarts ends the program and starts it again, on the same devices.
func restarts(ctx context.Context, r *room) error {
	const each = 20
	before, err := openFiles()
	if err != nil {
		return err
	}
	for i := range r.restarts {
		pids := r.running.Processes()
		if err := r.running.Stop(); err != nil {
			return err
		}
		if err := r.nothingLeft(ctx, pids); err != nil {
			return err
		}
		if r.running, err = r.kind.Start(ctx, r.scene, r.setting, r.cpus); err != nil {
			return &offloadtest.Finding{Kind: Stopped, Why: fmt.Sprintf("start %d on the same devices: %v", i+2, err)}
		}
		if i%each == 0 {
			// What went through a tunnel to find out whether it works is no part of the exchange.
			if err := errors.Join(r.scene.Settle(ctx), r.drain()); err != nil {
				return err
			}
			if _, err := r.exchange(ctx, 8, 5, 0, 1); err != nil {
				return fmt.Errorf("after start %d: %w", i+2, err)
			}
		}
	}
	after, err := openFiles()
	if err == nil && after > before {
		err = &offloadtest.Finding{Kind: Stopped, Why: fmt.Sprintf("%d files are open in this process, %d before the restarts", after, before)}
	}
	return err
}

// lingers is how long the processes and queues of a program may outlive it: who clears them away needs a CPU for it.
const lingers = 10 * time.Second

// nothingLeft waits until nothing is left of a program that was stopped, or finds what is.
func (r *room) nothingLeft(ctx context.Context, pids []int) error {
	for deadline := time.Now().Add(lingers); ; {
		left, err := r.left(pids)
		if left == "" || err != nil {
			return err
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return &offloadtest.Finding{Kind: Stopped, Why: left}
		}
		time.Sleep(time.Millisecond)
	}
}

// left says what of a program is still there.
func (r *room) left(pids []int) (what string, err error) {
	for _, pid := range pids {
		if !host.HasEnded(pid) {
			return fmt.Sprintf("process %d is still there after it was stopped", pid), nil
		}
	}
	for _, end := range []*testbed.End{r.scene.A(), r.scene.B()} {
		if has, err := end.HasCarrier(); err != nil || has {
			return "after the program was stopped somebody has a queue of its device still", err
		}
	}
	return "", nil
}

// openFiles counts those of this process.
func openFiles() (int, error) {
	files, err := os.ReadDir("/proc/self/fd")
	return len(files), err
}

// deviceDeleted deletes the device of B. A program that has nothing to forward any more must
// say so.
func deviceDeleted(ctx context.Context, r *room) error {
	if err := r.scene.B().DeleteDevice(); err != nil {
		return err
	}
	const limit = 10 * time.Second
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-r.running.Ended():
	case <-time.After(limit):
		return &offloadtest.Finding{Kind: Stopped, Why: fmt.Sprintf("the program is still at work %v after its device was deleted", limit)}
	}
	if r.running.Err() == nil {
		return &offloadtest.Finding{Kind: Stopped, Why: "the program ended without an error"}
	}
	return nil
}

package conform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/offload/offloadtest"
)

// sockets are packet sockets at A and at B.
type sockets [2]*offloadtest.Socket

func openSockets(scene *testbed.Testbed) (s sockets, err error) {
	for i, end := range []*testbed.End{scene.A(), scene.B()} {
		err = end.Namespace.Do(func() (err error) {
			s[i], err = offloadtest.OpenSocket(end.Device)
			return err
		})
		if err != nil {
			return s, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s sockets) close() error {
	var errs []error
	for _, socket := range s {
		if socket != nil {
			errs = append(errs, socket.Close())
		}
	}
	return errors.Join(errs...)
}

// room is a scene with the program at work in it, where cases follow one another.
type room struct {
	setting scenario.Scenario
	kind    dut.Kind
	cpus    []int
	scene   *testbed.Testbed
	running dut.Running
	sockets sockets
	answers map[string][][]byte // the oracle's, by the case's name
	figures map[string]float64  // of the case at work
	strays  []frame             // sent from A when nobody could deliver them: they may come later

	patience time.Duration // of its ways
	restarts int           // of the case of that name
}

// openRoom builds the scene and starts the program. A room that could not be opened leaves
// nothing behind.
func openRoom(ctx context.Context, s scenario.Scenario, kind dut.Kind, answers map[string][][]byte, patience time.Duration, restarts int) (*room, error) {
	r := &room{setting: s, kind: kind, answers: answers, patience: patience, restarts: restarts}
	if err := r.open(ctx); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *room) open(ctx context.Context) (err error) {
	if r.setting.Pin == scenario.On {
		if r.cpus, err = host.AllowedCPUs(); err != nil {
			return err
		}
	}
	cfg := r.kind.Scene(r.setting)
	cfg.MTU, cfg.TxQueueLen, cfg.IPv6, cfg.Sysctls = r.setting.MTU, r.setting.TxQLen, true, r.setting.Sysctls.Values()
	if r.setting.Qdisc != scenario.QdiscDefault {
		cfg.Qdisc = string(r.setting.Qdisc)
	}
	if r.scene, err = testbed.Up(ctx, cfg); err != nil {
		return err
	}
	if err := r.start(ctx); err != nil {
		return err
	}
	return r.reopen()
}

// start starts the program.
func (r *room) start(ctx context.Context) (err error) {
	if r.running, err = r.kind.Start(ctx, r.scene, r.setting, r.cpus); err != nil {
		return err
	}
	return r.scene.Settle(ctx)
}

// reopen opens the sockets again: one whose device was down has nothing but an error to say.
func (r *room) reopen() (err error) {
	closed := r.sockets.close()
	r.sockets, err = openSockets(r.scene)
	return errors.Join(closed, err)
}

func (r *room) close() error {
	errs := []error{r.sockets.close()}
	if r.running != nil {
		errs = append(errs, r.running.Stop())
	}
	if r.scene != nil {
		errs = append(errs, r.scene.Down())
	}
	return errors.Join(errs...)
}

// alive is nil while the program is at work, else a finding.
func (r *room) alive() error {
	select {
	case <-r.running.Ended():
		return &offloadtest.Finding{Kind: Stopped, Why: fmt.Sprintf("the program ended: %v", r.running.Err())}
	default:
		return nil
	}
}

// ring is how many packets may be on the way at once: half of what a queue holds.
func (r *room) ring() int { return max(1, min(r.setting.TxQLen/2, 500)) }

// drain throws away what arrived late for the case before.
func (r *room) drain() error {
	for _, socket := range r.sockets {
		for ok := true; ok; {
			var err error
			if _, ok, err = socket.Receive(); err != nil && !offloadtest.Refused(err) {
				return err
			} else if err != nil {
				ok = true
			}
		}
	}
	return nil
}

// way is the direction from end i to the other.
func (r *room) way(from int) *way {
	ethernet := r.scene.A().Ethernet
	w := &way{from: r.sockets[from], to: r.sockets[1-from], ethernet: ethernet, arrivals: offloadtest.NewArrivals(ethernet), patience: r.patience}
	if r.setting.Steer == scenario.SteerCPU && len(r.cpus) > 0 {
		w.cpu = &r.cpus[from%len(r.cpus)] // a sender that moves changes its queue, and so the order
	}
	for _, f := range r.strays {
		for _, packet := range f.readings(ethernet) {
			w.arrivals.Tolerate(packet)
		}
	}
	return w
}

func (r *room) numbers() *flowNumbers {
	return &flowNumbers{ethernet: r.scene.A().Ethernet, tagged: r.setting.Queues <= 1, numbers: map[string]int{}}
}

// compare sends what the case sends from A and holds what arrives at B against the kernel's
// own forwarding.
func (r *room) compare(ctx context.Context, c Case) error {
	w := r.way(0)
	m := newMaker(c.Name, w.ethernet, r.setting.InnerMTU())
	c.packets(m)
	r.expect(w.arrivals, m.frames, r.answers[c.Name])
	if err := w.send(ctx, m.frames, r.ring()); err != nil {
		return errors.Join(r.alive(), err)
	}
	if err := errors.Join(w.end(ctx, r.scene), r.alive()); err != nil {
		return err
	}
	if w.refused == len(m.frames) {
		return notApplicable("the kernel lets none of these packets into a device")
	}
	return nil
}

// expect has every packet arrive that the kernel delivered for frames. Where some of them
// contradict themselves, these may arrive in any way that keeps what they say, or as the
// kernel delivers them, and all others must arrive.
func (r *room) expect(arrivals *offloadtest.Arrivals, frames []frame, delivered [][]byte) {
	var good []frame
	for _, f := range frames {
		if !f.lies {
			good = append(good, f)
			continue
		}
		for _, packet := range f.readings(r.scene.A().Ethernet) {
			arrivals.Tolerate(packet)
		}
		if f.isSuperpacket() {
			arrivals.TolerateParts(f.packet())
		}
	}
	if len(good) < len(frames) {
		r.expectAll(arrivals, good)
		for _, p := range delivered {
			arrivals.Tolerate(p)
		}
		return
	}
	numbers := r.numbers()
	for _, p := range delivered {
		arrivals.Expect(offloadtest.Injection{Wire: [][]byte{p}, Flow: numbers.of(p)})
	}
}

// expectAll has every frame of a case without lies arrive.
func (r *room) expectAll(arrivals *offloadtest.Arrivals, frames []frame) {
	numbers := r.numbers()
	for _, f := range frames {
		packets, _ := offloadtest.WirePackets(f.bytes, r.scene.A().Ethernet) // a maker's
		for _, p := range packets {
			arrivals.Expect(offloadtest.Injection{Wire: [][]byte{p}, Flow: numbers.of(p)})
		}
	}
}

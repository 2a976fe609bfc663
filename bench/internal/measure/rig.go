package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/dut/process"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/vm"
	"tunbench/forwarder"
	"tunbench/results"
)

// Options say how to measure, beyond what a scenario says.
type Options struct {
	// Programs are those of others that scenarios may name.
	Programs []*program.File

	// Variant is which build of the forwarder, or of a program, is under test.
	Variant dut.Variant

	// DUT finds the device under test; nil is dut.For. Tests order faults with it.
	DUT func(scenario.Scenario) (dut.Kind, error)

	// DropReasons asks the kernel why it dropped packets. It costs time for each.
	DropReasons bool

	// SenderNotes and SinkNotes say in every record what generator and sink had to do
	// without, see [Fit].
	SenderNotes, SinkNotes []string

	// Tester is what calibration found that the tester can do, by [TesterName] of a
	// scenario; what is not in it is not known.
	Tester map[string]Tester

	// Machines are where the guests of topo=vm come from; nil is those that need nothing but this host.
	Machines *vm.Machines

	// entering is told which phase a trial enters, before it does; nil but for tests.
	entering func(*Rig, phase)
}

// Rig is a scene in which the device under test runs and the traffic is ready. Trials follow one another in it
// without a restart. Its methods are called from one goroutine.
type Rig struct {
	scenario scenario.Scenario
	options  Options
	tester   Tester

	scene    *testbed.Testbed
	running  dut.Running
	guest    *vm.Guest // end B; nil where it is a namespace
	workload workload
	drops    *dropWatch       // nil: not asked for, or not to be had
	noDrops  string           // why it is not to be had
	last     *forwarder.Stats // what the device under test counted, as it said last
	cpus     [2]int           // of the first worker and the first generator; anyCPU: not pinned
	allowed  []int            // CPUs that this process could use when it placed its threads

	// alive is done when the device under test ends by itself, or with cancel.
	alive  context.Context
	cancel context.CancelCauseFunc
}

// Open builds the scene, starts the device under test and opens the traffic. ctx bounds the opening only. If Open
// fails it leaves nothing behind.
func Open(ctx context.Context, s scenario.Scenario, o Options) (*Rig, error) {
	r := &Rig{scenario: s, options: o, tester: o.Tester[TesterName(s)]}
	r.alive, r.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	if err := r.open(ctx, o); err != nil {
		return nil, errors.Join(r.explain(err), r.Close())
	}
	return r, nil
}

// withRig opens a Rig for f and closes it.
func withRig(ctx context.Context, s scenario.Scenario, o Options, f func(*Rig) error) (err error) {
	r, err := Open(ctx, s, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }() // a panic leaves nothing behind either
	return f(r)
}

// textOf is what a record says of an error; "" of none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (r *Rig) open(ctx context.Context, o Options) error {
	placement, err := place(r.scenario)
	if err != nil {
		return err
	}
	r.cpus = placement.first()
	if r.allowed, err = host.AllowedCPUs(); err != nil {
		return err
	}
	if err := r.setUp(ctx, o, placement); err != nil {
		return err
	}
	if o.DropReasons {
		r.watchDrops(watchDrops)
	}
	r.workload, err = newWorkload(ctx, r.scenario, r.scene, r.guest, placement)
	return err
}

// setUp builds the scene and starts the device under test in it.
func (r *Rig) setUp(ctx context.Context, o Options, p placement) error {
	find := o.DUT
	if find == nil {
		find = func(s scenario.Scenario) (dut.Kind, error) { return dut.For(s, o.Variant, o.Programs) }
	}
	kind, err := find(r.scenario)
	if err != nil {
		return err
	}
	cfg := sceneConfig(kind, r.scenario)
	if r.scene, err = testbed.Up(ctx, cfg); err != nil {
		return err
	}
	if cfg.Guest {
		if err := r.startGuest(ctx, o, cfg); err != nil {
			return err
		}
	}
	if r.running, err = kind.Start(ctx, r.scene, r.scenario, p.workers); err != nil {
		return err
	}
	go func() {
		select {
		case <-r.running.Ended():
			r.cancel(r.running.Err())
		case <-r.alive.Done():
		}
	}()
	return r.scene.Settle(ctx)
}

func sceneConfig(kind dut.Kind, s scenario.Scenario) testbed.Config {
	cfg := kind.Scene(s)
	cfg.MTU = s.MTU
	cfg.TxQueueLen = s.TxQLen
	cfg.IPv6 = s.IP == scenario.IPv6
	cfg.Forward = s.Gen.InKernel()
	cfg.NAPI = s.Gen.InKernel()
	cfg.Sysctls = s.Sysctls.Values()
	if s.Qdisc != scenario.QdiscDefault {
		cfg.Qdisc = string(s.Qdisc)
	}
	return cfg
}

// explain prefers the end of the device under test over what followed from it.
func (r *Rig) explain(err error) error {
	if err != nil && r.guest != nil && r.guest.Err() != nil {
		return r.guest.Err()
	}
	if err == nil || r.running == nil || r.running.Ended() == nil {
		return err
	}
	select {
	case <-r.running.Ended():
		return r.running.Err()
	case <-time.After(process.EndingPatience):
		return err
	}
}

// Ask says how to make one trial in a [Rig].
type Ask struct {
	Load     scenario.Load
	Packets  uint64 // stop after so many; 0: when the duration is over
	Duration time.Duration
	Warmup   time.Duration // under the same load, before it
}

// ask is the trial that the scenario itself speaks of.
func (r *Rig) ask() Ask {
	return Ask{Load: r.scenario.Load, Duration: r.scenario.Duration, Warmup: r.scenario.Warmup}
}

// Measure makes one trial. The record names the scenario with the load of ask. The record of a trial that failed,
// or that ended early because ctx is done, has what was measured until then.
func (r *Rig) Measure(ctx context.Context, ask Ask) (results.Trial, error) {
	s := r.scenario
	s.Load, s.Duration, s.Warmup = ask.Load, ask.Duration, ask.Warmup
	m := &trial{Rig: r, ask: ask, record: results.Trial{Scenario: s.Name(), Start: time.Now().UTC(), DUT: r.running.Info()}}
	if r.tester.MaxPps > 0 {
		m.record.TesterMaxPps = new(r.tester.MaxPps * float64(len(directions(s, r.scene))))
	}
	loadCtx, cancel := r.whileAlive(ctx)
	defer cancel()
	err := r.explain(m.measure(ctx, loadCtx))
	if err != nil {
		m.record.Error = err.Error()
		m.record.Interrupted = ctx.Err() != nil
	}
	return m.record, err
}

// whole is a trial that came to its end; when ctx is done its cause is the error.
func (r *Rig) whole(ctx context.Context, ask Ask) (results.Trial, error) {
	t, err := r.Measure(ctx, ask)
	if ctx.Err() != nil {
		return t, context.Cause(ctx)
	}
	return t, err
}

// part measures one trial of something larger and hands out its record, whatever
// came of it. When ctx is done the error is its cause.
func (r *Rig) part(ctx context.Context, ask Ask, phase results.Phase, record func(results.Trial) error, mark func(*results.Trial)) (results.Trial, error) {
	t, err := r.whole(ctx, ask)
	t.Phase = phase
	if mark != nil {
		mark(&t)
	}
	if recordErr := record(t); recordErr != nil {
		return t, errors.Join(fmt.Errorf("record trial: %w", recordErr), err)
	}
	if err != nil && ctx.Err() == nil {
		return t, &TrialError{err}
	}
	return t, err
}

// TrialError says that a trial failed which a larger measurement needs, so that the measurement ended; its record
// says so too.
type TrialError struct{ Err error }

func (e *TrialError) Error() string { return e.Err.Error() }

// Unwrap returns why the trial failed.
func (e *TrialError) Unwrap() error { return e.Err }

// whileAlive derives a context that is also done when the device under test ends.
func (r *Rig) whileAlive(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(r.alive, func() { cancel(context.Cause(r.alive)) })
	return ctx, func() { stop(); cancel(nil) }
}

// Close ends the traffic and the device under test, and removes the scene. It must be called once.
func (r *Rig) Close() error { return errors.Join(r.close()) }

// close is Close. failed is what did not end as it should, such as a program that had to be killed: what was measured is in
// doubt. left says that the scene is still there, which is in the way of whatever is measured next.
func (r *Rig) close() (failed, left error) {
	defer r.cancel(nil)
	var errs []error
	if r.workload != nil {
		errs = append(errs, r.workload.close())
	}
	if r.drops != nil {
		errs = append(errs, r.drops.close())
	}
	if r.running != nil {
		errs = append(errs, r.running.Stop())
	}
	if r.guest != nil {
		errs = append(errs, r.guest.Close())
	}
	if err := errors.Join(errs...); err != nil {
		failed = fmt.Errorf("tear down: %w", err)
	}
	if r.scene != nil {
		if err := r.scene.Down(); err != nil {
			left = fmt.Errorf("tear down: %w", err)
		}
	}
	return failed, left
}

package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// Trial measures a scenario once, in a fresh scene that is gone when it returns.
// What went wrong with the measurement stands in the record; the error is for
// what must end a series: this host lacks something (UnsupportedError of testbed
// or traffic), or the scene could not be removed.
//
// When ctx is done the load stops early and what was measured until then is
// recorded as interrupted; before the load, the record carries the cause as its
// error.
func Trial(ctx context.Context, s scenario.Scenario, round int) (t results.Trial, err error) {
	t = results.Trial{Scenario: s.Name(), Round: round, Start: time.Now().UTC()}
	m := &trial{scenario: s, record: &t}
	defer func() { err = errors.Join(err, m.tearDown()) }() // a panic leaves nothing behind either
	failed := m.run(ctx)
	if failed == nil {
		return t, nil
	}
	t.Error = failed.Error()
	t.Interrupted = ctx.Err() != nil
	if unsupported(failed) {
		return t, failed
	}
	return t, nil
}

// unsupported tells what would fail again in every trial.
func unsupported(err error) bool {
	return errors.As(err, new(*testbed.UnsupportedError)) || errors.As(err, new(*traffic.UnsupportedError))
}

// trial is one measurement on its way.
type trial struct {
	scenario scenario.Scenario
	record   *results.Trial

	scene    *testbed.Testbed
	running  dut.Running
	workload workload
}

func (m *trial) run(ctx context.Context) error {
	placement, err := place(m.scenario)
	if err != nil {
		return err
	}
	if err := m.setUp(ctx, placement); err != nil {
		return err
	}
	loadCtx, cancel := m.untilDUTEnds(ctx)
	defer cancel(nil)
	if m.workload, err = newWorkload(loadCtx, m.scenario, m.scene, placement); err != nil {
		return m.explain(err)
	}
	return m.explain(m.measure(ctx, loadCtx))
}

// setUp builds the scene and starts the device under test in it.
func (m *trial) setUp(ctx context.Context, p placement) error {
	kind, err := dut.For(m.scenario)
	if err != nil {
		return err
	}
	if m.scene, err = testbed.Up(ctx, sceneConfig(kind, m.scenario)); err != nil {
		return err
	}
	if m.running, err = kind.Start(ctx, m.scene, m.scenario, p.workers); err != nil {
		return err
	}
	m.record.DUT = m.running.Info()
	return m.scene.Settle(ctx)
}

func sceneConfig(kind dut.Kind, s scenario.Scenario) testbed.Config {
	cfg := kind.Scene(s)
	cfg.MTU = s.MTU
	cfg.TxQueueLen = s.TxQLen
	cfg.IPv6 = s.IP == scenario.IPv6
	if s.Qdisc != scenario.QdiscDefault {
		cfg.Qdisc = string(s.Qdisc)
	}
	return cfg
}

// untilDUTEnds derives a context that is also done when the device under test
// ends by itself.
func (m *trial) untilDUTEnds(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-m.running.Ended():
			cancel(m.running.Err())
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// explain prefers the end of the device under test over what followed from it.
func (m *trial) explain(err error) error {
	if died := m.running.Err(); died != nil {
		return died
	}
	return err
}

// measure warms up, runs, stops, drains, then reads every counter.
func (m *trial) measure(ctx, loadCtx context.Context) error {
	s := m.scenario
	// Counters are read to the end, also of a trial that was cut short.
	restCtx := context.WithoutCancel(ctx)
	if s.Warmup > 0 {
		if err := m.workload.run(loadCtx, s.Warmup); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
		if err := m.drain(restCtx); err != nil {
			return err
		}
	}
	if err := context.Cause(loadCtx); err != nil {
		return err
	}
	before, err := observe(m.scene, m.running)
	if err != nil {
		return err
	}
	if err := m.workload.mark(); err != nil {
		return err
	}
	cpuBefore, err := readCPU(m.running.PID())
	if err != nil {
		return err
	}
	begin := time.Now()
	m.record.Start = begin.UTC()
	if err := m.workload.run(loadCtx, s.Duration); err != nil {
		return fmt.Errorf("run load: %w", err)
	}
	elapsed := time.Since(begin)
	cpuAfter, err := readCPU(m.running.PID())
	if err != nil {
		return err
	}
	if err := m.drain(restCtx); err != nil {
		return err
	}
	after, err := observe(m.scene, m.running)
	if err != nil {
		return err
	}
	after.uso = m.takesUSO()
	return m.fill(after.since(before), cpuBefore, cpuAfter, elapsed, ctx.Err() != nil)
}

// drain waits until no packet is on its way any more, if the load has an end.
func (m *trial) drain(ctx context.Context) error {
	if _, ok, err := m.workload.received(); err != nil || !ok {
		return err
	}
	err := testbed.AtRest(ctx, drainQuiet, drainLimit, func() (uint64, error) {
		n, _, err := m.workload.received()
		if err != nil {
			return 0, err
		}
		stats, err := m.running.Counters()
		if err != nil || stats == nil {
			return n, err
		}
		total := stats.Total()
		return n + total.AToB.ReadPackets + total.BToA.ReadPackets, nil
	})
	if err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}

const (
	// Counters that have not moved for this long stand still: longer than the
	// longest spin of a worker, which publishes what it counted when it sleeps.
	drainQuiet = 20 * time.Millisecond
	drainLimit = 3 * time.Second
)

// takesUSO reports whether UDP superpackets reach the devices unsplit: veth
// always takes them, a TUN or TAP device where the DUT negotiated it.
func (m *trial) takesUSO() bool {
	info := m.running.Info()
	if info == nil {
		return true
	}
	accepted, err := tun.ParseOffload(info.OffloadAccepted)
	return err == nil && accepted.Has(tun.OffloadUSO)
}

// fill writes the record.
func (m *trial) fill(seen observation, before, after cpuReading, elapsed time.Duration, interrupted bool) error {
	t := m.record
	packets, err := m.workload.report(t, seen)
	if err != nil {
		return err
	}
	reportQueues(t, seen.stats)
	t.Qdisc = seen.devices.A.Qdisc
	t.CPU = cpuCost(before, after, elapsed, packets, m.running.PID() != 0)
	t.LimitedBy = limitedBy(m.scenario, t)
	t.Interrupted = interrupted
	return nil
}

// tearDown undoes what run made, in reverse.
func (m *trial) tearDown() error {
	var errs []error
	if m.workload != nil {
		errs = append(errs, m.workload.close())
	}
	if m.running != nil {
		errs = append(errs, m.running.Stop())
	}
	if m.scene != nil {
		errs = append(errs, m.scene.Down())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("tear down trial: %w", err)
	}
	return nil
}

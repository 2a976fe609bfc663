package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// Trial measures a scenario once, in a fresh scene that is gone when it returns.
// What went wrong with the measurement stands in the record; the error is for
// what must end a series: this host or user lacks something (host.Cannot), or the scene
// could not be removed.
//
// When ctx is done the load stops early and what was measured until then is
// recorded as interrupted; before the load, the record carries the cause as its
// error.
func Trial(ctx context.Context, s scenario.Scenario, o Options) (t results.Trial, err error) {
	t = results.Trial{Scenario: s.Name(), Start: time.Now().UTC()}
	rig, failed := Open(ctx, s, o)
	if failed == nil {
		defer func() { err = errors.Join(err, rig.Close()) }() // a panic leaves nothing behind either
		t, failed = rig.Measure(ctx, rig.ask())
	} else {
		t.Error, t.Interrupted = failed.Error(), ctx.Err() != nil
	}
	if host.Cannot(failed) { // it would fail again in every trial
		return t, failed
	}
	return t, nil
}

// trial is one measurement in a Rig.
type trial struct {
	*Rig
	ask    Ask
	record results.Trial
}

// measure warms up, runs, stops, drains, then reads every counter.
func (m *trial) measure(ctx, loadCtx context.Context) error {
	// Counters are read to the end, also of a trial that was cut short.
	restCtx := context.WithoutCancel(ctx)
	distance, known := host.CPUDistance(m.cpus[0], m.cpus[1])
	if err := m.warmUp(loadCtx, restCtx); err != nil {
		return err
	}
	before, err := observe(m.scene, m.running)
	if err != nil {
		return err
	}
	if err := m.workload.mark(); err != nil {
		return err
	}
	if err := m.drops.mark(); err != nil {
		return err
	}
	cpuBefore, err := readCPU(m.running.PID())
	if err != nil {
		return err
	}
	m.record.Start = time.Now().UTC()
	if err := m.workload.run(loadCtx, m.amount(m.ask.Duration)); err != nil {
		return fmt.Errorf("run load: %w", err)
	}
	cpuAfter, err := readCPU(m.running.PID())
	if err != nil {
		return err
	}
	seen, err := m.rest(restCtx, before)
	if err != nil {
		return err
	}
	m.record.Interrupted = ctx.Err() != nil
	if err := m.fill(seen, cpuAfter.since(cpuBefore)); err != nil {
		return err
	}
	if known {
		m.record.CPU.DistanceNs = new(float64(distance))
	}
	return nil
}

// rest drains and returns what was counted since before. Where packets are missing
// that no counter names, they may be held up rather than lost: it waits again, longer.
func (m *trial) rest(ctx context.Context, before observation) (seen observation, err error) {
	for _, quiet := range []time.Duration{drainQuiet, missingQuiet} {
		if err := m.drain(ctx, quiet); err != nil {
			return observation{}, err
		}
		after, err := observe(m.scene, m.running)
		if err != nil {
			return observation{}, err
		}
		after.uso = m.takesUSO()
		seen = after.since(before)
		missing, err := m.workload.missing(seen)
		if err != nil {
			return observation{}, err
		}
		if missing <= 0 {
			break
		}
	}
	return seen, nil
}

// warmUp runs the load without counting it.
func (m *trial) warmUp(loadCtx, restCtx context.Context) error {
	if m.ask.Warmup > 0 {
		if err := m.workload.run(loadCtx, m.amount(m.ask.Warmup)); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
		if err := m.drain(restCtx, drainQuiet); err != nil {
			return err
		}
	}
	return context.Cause(loadCtx)
}

// amount is the load that was asked for, over some time.
func (m *trial) amount(d time.Duration) amount {
	a := amount{duration: d, load: traffic.Load{Packets: m.ask.Packets}}
	if m.ask.Load.Mode == scenario.LoadPaced {
		a.load.Pps = float64(m.ask.Load.Pps)
	}
	return a
}

// drain waits until counters have stood still for quiet, if the load has an end.
func (m *trial) drain(ctx context.Context, quiet time.Duration) error {
	if _, ok, err := m.workload.received(); err != nil || !ok {
		return err
	}
	err := testbed.AtRest(ctx, quiet, drainLimit, func() (uint64, error) {
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
	// Longer than a DUT's thread waits for a CPU on a busy machine, or holds packets.
	missingQuiet = 300 * time.Millisecond
	drainLimit   = 3 * time.Second
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
func (m *trial) fill(seen observation, used cpuUse) error {
	t := &m.record
	packets, err := m.workload.report(t, seen)
	if err != nil {
		return err
	}
	if t.Sender != nil {
		t.Sender.Notes = slices.Concat(m.options.SenderNotes, t.Sender.Notes)
	}
	if t.Sink != nil {
		t.Sink.Notes = m.options.SinkNotes
	}
	t.DUT = m.running.Info() // what it lacked may have shown under load
	reportQueues(t, seen.stats)
	if m.scenario.Intake == intake.ModeAuto && seen.stats != nil {
		t.IntakeRatio = intakeRatio(seen.stats.Total())
	}
	t.Qdisc = seen.devices.A.Qdisc
	elapsed := time.Duration(t.DurationS * float64(time.Second))
	t.CPU = cpuCost(used, elapsed, packets, m.running.PID() != 0)
	if t.DropReasons, err = m.drops.report(); err != nil {
		return err
	}
	t.LimitedBy = limitedBy(m.scenario, m.ask, t, m.tester)
	return nil
}

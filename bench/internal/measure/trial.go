package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic/load"
	"tunbench/forwarder/intake"
	"tunbench/forwarder/tun"
	"tunbench/results"
)

// Trial measures a scenario once, in a fresh scene that is removed before it returns. If the measurement failed,
// the record says why, and the error is nil. The error is for what ends a whole series: this host or user lacks
// something (host.Cannot), or the scene could not be removed. A program that does not end when told to, ours or another,
// has failed its trial.
//
// When ctx is done during the load, the load stops and the record is marked as interrupted. When ctx is done
// before the load, the record has the cause as its error.
func Trial(ctx context.Context, s scenario.Scenario, o Options) (t results.Trial, err error) {
	t = results.Trial{Scenario: s.Name(), Start: time.Now().UTC()}
	rig, failed := Open(ctx, s, o)
	if failed == nil {
		defer func() { // a panic leaves nothing behind either
			unended, left := rig.close()
			if unended != nil {
				t.Error = cmp.Or(t.Error, unended.Error())
			}
			err = errors.Join(err, left)
		}()
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

	atRest *cpuReading // when a packet was accounted for last; nil where nobody waited for them
}

// phase is how far a trial is; tests hook into it.
type phase string

const (
	phaseWarmup phase = "warm-up" // is about to begin
	phaseWarm   phase = "warm"    // its load is over
	phaseLoad   phase = "load"    // is about to begin
	phaseOver   phase = "over"    // the load is
)

func (m *trial) enter(p phase) {
	if m.options.entering != nil {
		m.options.entering(m.Rig, p)
	}
}

// measure makes the trial, and fails where somebody changed devices meanwhile, or the device under test left them: that is
// then also why the rest failed, if it did.
func (m *trial) measure(ctx, loadCtx context.Context) error {
	left, err := m.watchHolds()
	if err != nil {
		return err
	}
	unchanged, err := m.watchScene()
	if err != nil {
		return err
	}
	failed := m.measureUnwatched(ctx, loadCtx)
	if gone := left(); gone != nil {
		return errors.Join(gone, failed)
	}
	if failed == nil {
		return unchanged()
	}
	if changed := (*testbed.ChangedError)(nil); errors.As(unchanged(), &changed) {
		return errors.Join(changed, failed)
	}
	return failed
}

// measureUnwatched warms up, runs, stops, waits until every packet is accounted for, then reads
// every counter.
func (m *trial) measureUnwatched(ctx, loadCtx context.Context) error {
	distance, known := host.CPUDistance(m.cpus[0], m.cpus[1])
	before, err := m.warmUp(loadCtx)
	if err != nil {
		return err
	}
	if err := m.drops.mark(); err != nil {
		return err
	}
	cpuBefore, err := m.readCPU()
	if err != nil {
		return err
	}
	m.record.Start = time.Now().UTC()
	m.enter(phaseLoad)
	if err := m.workload.run(loadCtx, m.amount(m.ask.Duration)); err != nil {
		return fmt.Errorf("run load: %w", err)
	}
	cpuAfter, err := m.readCPU()
	if err != nil {
		return err
	}
	m.enter(phaseOver)
	seen, err := m.rest(ctx, before)
	if err != nil {
		return err
	}
	m.record.Interrupted = ctx.Err() != nil
	used := cpuAfter.since(cpuBefore)
	forPackets := used
	if m.atRest != nil {
		forPackets = m.atRest.since(cpuBefore)
	}
	if err := m.fill(seen, used, forPackets); err != nil {
		return err
	}
	if known {
		m.record.CPU.DistanceNs = new(float64(distance))
	}
	// The load ends without an error when the device under test does, and its packets may all be accounted for.
	return context.Cause(m.alive)
}

// rest waits until what was sent since before is accounted for and returns what was
// counted. Counters are read to the end also of a trial that was cut short.
func (m *trial) rest(ctx context.Context, before observation) (observation, error) {
	kind := m.workload.comesToRest()
	if d, ok := m.running.(interface{ Discards() bool }); ok && d.Discards() {
		kind = whenPublished // no packet arrives anywhere
	}
	switch kind {
	case whenAccounted:
		return m.settle(before)
	case whenPublished:
		if err := m.awaitPublished(context.WithoutCancel(ctx)); err != nil {
			return observation{}, err
		}
	}
	now, err := m.observe(host.Working)
	if err != nil {
		return observation{}, err
	}
	return now.since(before), nil
}

// warmUp runs the load without counting it, and returns the counters from which on the
// trial counts. What is still on its way then is told apart by the sinks; what other
// places count of it is in the trial, which says so.
func (m *trial) warmUp(loadCtx context.Context) (before observation, err error) {
	if before, err = m.begin(); err != nil || m.ask.Warmup <= 0 {
		return before, errors.Join(err, context.Cause(loadCtx))
	}
	m.enter(phaseWarmup)
	warmup := m.amount(m.ask.Warmup)
	warmup.then = m.ask.Duration
	if err := m.workload.run(loadCtx, warmup); err != nil {
		return before, fmt.Errorf("warm up: %w", err)
	}
	m.enter(phaseWarm)
	if loadCtx.Err() != nil {
		return before, context.Cause(loadCtx)
	}
	seen, err := m.rest(loadCtx, before)
	if err != nil {
		return before, err
	}
	if loadCtx.Err() != nil {
		return before, context.Cause(loadCtx)
	}
	if seen.held {
		m.warn("%d packets of the warm-up were still on their way after %v without a change: the counters of devices and forwarder may include them in the trial",
			seen.missing, restLimit)
	}
	return m.begin()
}

// begin makes what was counted and sent until now the past.
func (m *trial) begin() (observation, error) {
	activity, err := m.activity()
	if err != nil {
		return observation{}, err
	}
	before, err := m.observe(activity)
	if err != nil {
		return observation{}, err
	}
	return before, m.workload.mark()
}

// warn adds what a reader of the trial's figures must know.
func (m *trial) warn(format string, args ...any) {
	m.record.Warnings = append(m.record.Warnings, fmt.Sprintf(format, args...))
}

// amount is the load that was asked for, over some time.
func (m *trial) amount(d time.Duration) amount {
	a := amount{duration: d, load: load.Load{Packets: m.ask.Packets}}
	if m.ask.Load.Mode == scenario.LoadPaced {
		a.load.Pps = float64(m.ask.Load.Pps)
	}
	return a
}

// takesUSO reports whether UDP superpackets reach the devices unsplit: veth
// always takes them, a TUN or TAP device where the DUT negotiated it.
func (m *trial) takesUSO() bool {
	info := m.running.Info()
	if info == nil {
		return true
	}
	needed := tun.OffloadUSO
	if m.scenario.Topo == scenario.VXLAN {
		needed = tun.OffloadTunnel
	}
	accepted, err := tun.ParseOffload(info.OffloadAccepted)
	return err == nil && accepted.Has(needed)
}

// fill writes the record. used is the CPU time of the load, forPackets that of its packets, of which some may have been forwarded after its end.
func (m *trial) fill(seen observation, used, forPackets cpuUse) error {
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
	m.reportGuest(t, forPackets.guest, packets)
	t.DUT = m.running.Info() // what it lacked may have shown under load
	m.noteDrops(t)
	reportQueues(t, seen.stats)
	if m.scenario.Intake == intake.ModeAuto && seen.stats != nil {
		t.IntakeRatio = intakeRatio(seen.stats.Total())
	}
	t.Qdisc = seen.attached()[0].Qdisc
	elapsed := time.Duration(t.DurationS * float64(time.Second))
	hasProcess := len(m.running.Processes()) > 0
	t.CPU = cpuCost(used, forPackets, elapsed, packets, hasProcess)
	reportTunnel(t, m.scenario, seen.devices, used, forPackets, elapsed, packets, hasProcess)
	if t.DropReasons, err = m.drops.report(); err != nil {
		return err
	}
	t.LimitedBy = limitedBy(m.scenario, m.ask, t, m.tester, m.sharesCPU())
	return nil
}

package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// Tester is what calibration found that the tester can do with the load of a scenario.
type Tester struct {
	MaxPps          float64 // the most it can offer; per direction
	SinkNsPerPacket float64 // run time of the sink's program; 0: not known
}

// TesterName returns a name that scenarios with the same [Tester] share. It is "" if there is nothing to
// calibrate, because the load waits for answers.
func TesterName(s scenario.Scenario) string {
	if !s.OpenLoop() {
		return ""
	}
	return s.Tester()
}

const (
	calibrationWarmup = 50 * time.Millisecond
	calibrationTrial  = 250 * time.Millisecond
	// The load at which floor and lateness are measured: a tenth of the most, so that
	// no packet waits for another, and no more than this.
	calibrationPaced      = 20_000
	calibrationPacedShare = 0.1
	// The load at which exactness is measured near the limit.
	calibrationHighShare = 0.8
)

// Calibrate measures what the tester can do with the load of a scenario, without
// its device under test, in about two seconds. On a veth pair with nothing between, or
// where the topology is one of bridges by the bridge alone: latency floor, CPU time and cost of the sink. The highest load and the lateness are
// measured into the devices that the scenario has, emptied by a reader.
//
// What failed stands in the record; the error is for what makes every trial fail.
func Calibrate(ctx context.Context, s scenario.Scenario) (results.Calibration, Tester, error) {
	c := calibration{record: results.Calibration{Scenario: TesterName(s), Start: time.Now().UTC()}}
	err := c.measure(ctx, s)
	c.record.Error = textOf(err)
	if !host.Cannot(err) {
		err = nil
	}
	return c.record, c.tester, err
}

// calibration is the state of one calibration.
type calibration struct {
	record results.Calibration
	tester Tester
}

func (c *calibration) measure(ctx context.Context, s scenario.Scenario) error {
	if err := c.watchCPU(s); err != nil {
		return err
	}
	bare, err := s.Bare()
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	if err := withRig(ctx, bare, Options{}, func(r *Rig) error { return c.measurePath(ctx, r) }); err != nil {
		return fmt.Errorf("calibrate without a device under test: %w", err)
	}
	into, options := bare, Options{}
	if devices := s.StandIn(); devices.DUT == scenario.Forwarder {
		into, options.DUT = devices, func(scenario.Scenario) (dut.Kind, error) { return dut.Discard(), nil }
	}
	if err := withRig(ctx, into, options, func(r *Rig) error { return c.measureInto(ctx, r) }); err != nil {
		return fmt.Errorf("calibrate into the device: %w", err)
	}
	return nil
}

// watchCPU finds out how much of the time the generator's CPU belongs to somebody
// else while nothing runs: as many packets cannot leave in time.
func (c *calibration) watchCPU(s scenario.Scenario) error {
	p, err := place(s)
	if err != nil || p.generators[0] == anyCPU {
		return err
	}
	pauses, err := host.WatchPauses(p.generators[0], calibrationWarmup)
	if err != nil {
		c.record.Notes = append(c.record.Notes, err.Error())
		return nil
	}
	c.record.PausedRatio = new(pauses.Ratio())
	return nil
}

// offer makes one trial without a warm-up.
func offer(ctx context.Context, r *Rig, load scenario.Load) (results.Trial, error) {
	return r.whole(ctx, Ask{Load: load, Duration: calibrationTrial})
}

// atMost makes one trial with the most that goes.
func atMost(ctx context.Context, r *Rig) (results.Trial, error) {
	return r.whole(ctx, Ask{Load: scenario.Load{Mode: scenario.LoadMax}, Duration: calibrationTrial, Warmup: calibrationWarmup})
}

// perDirection is the load that was offered one way.
func perDirection(t results.Trial) float64 {
	if t.OfferedPps == nil {
		return 0
	}
	return *t.OfferedPps / float64(max(len(t.Directions), 1))
}

// measurePath measures a path on which nothing is under test: CPU time, the cost of
// the sink, and the latency that is the instrument's own.
func (c *calibration) measurePath(ctx context.Context, r *Rig) error {
	most, err := atMost(ctx, r)
	if err != nil {
		return err
	}
	c.record.MachineNsPerPacket = most.CPU.MachineNsPerPacket
	if err := c.measureSink(ctx, r); err != nil {
		return err
	}
	t, err := offer(ctx, r, lowLoad(perDirection(most)))
	c.record.LatencyNs = t.LatencyNs
	return err
}

// measureInto measures how much can be offered into the devices, and how exactly.
func (c *calibration) measureInto(ctx context.Context, r *Rig) error {
	most, err := atMost(ctx, r)
	if err != nil {
		return err
	}
	c.tester.MaxPps = perDirection(most)
	c.record.MaxOfferedPps = &c.tester.MaxPps
	low, err := offer(ctx, r, lowLoad(c.tester.MaxPps))
	if err != nil {
		return err
	}
	c.record.LatenessNs = low.Sender.LatenessNs
	high, err := offer(ctx, r, paced(calibrationHighShare*c.tester.MaxPps))
	if err != nil {
		return err
	}
	c.record.HighLoad = &results.HighLoad{LatenessNs: high.Sender.LatenessNs}
	if high.IntendedPps != nil && high.OfferedPps != nil {
		c.record.HighLoad.IntendedPps, c.record.HighLoad.OfferedPps = *high.IntendedPps, *high.OfferedPps
	}
	return nil
}

// lowLoad is one at which no packet waits for another.
func lowLoad(most float64) scenario.Load {
	return paced(min(calibrationPaced, calibrationPacedShare*most))
}

// measureSink offers as much as goes while the kernel keeps the time that the
// sink's program runs, which costs some itself.
func (c *calibration) measureSink(ctx context.Context, r *Rig) error {
	cost, stop, err := r.watchSink()
	if err != nil {
		c.record.Notes = append(c.record.Notes, "no cost of the sink: "+err.Error())
		return nil
	}
	if _, err := offer(ctx, r, scenario.Load{Mode: scenario.LoadMax}); err != nil {
		return errors.Join(err, stop())
	}
	perPacket, err := cost()
	if err != nil {
		return errors.Join(err, stop())
	}
	if perPacket != nil {
		c.record.SinkNsPerPacket, c.tester.SinkNsPerPacket = perPacket, *perPacket
	}
	return stop()
}

// watchSink begins to measure the sink's cost. cost returns nanoseconds per packet
// since then, nil where no packet came; stop must be called.
func (r *Rig) watchSink() (cost func() (*float64, error), stop func() error, err error) {
	w, ok := r.workload.(*udp)
	if !ok {
		return nil, nil, errors.New("this load has no sink")
	}
	return w.watchCost()
}

// CalibrateAll makes each calibration that the scenarios need, once, and hands each record to record as soon as it
// is made. starting is called before each. The result is keyed by [TesterName].
func CalibrateAll(ctx context.Context, scenarios []scenario.Scenario, starting func(scenario.Scenario),
	record func(results.Calibration) error,
) (map[string]Tester, error) {
	testers := map[string]Tester{}
	for _, s := range Testers(scenarios) {
		if ctx.Err() != nil {
			return testers, context.Cause(ctx)
		}
		starting(s)
		c, tester, err := Calibrate(ctx, s)
		if recordErr := record(c); recordErr != nil {
			return testers, errors.Join(fmt.Errorf("record calibration: %w", recordErr), err)
		}
		if ctx.Err() != nil {
			return testers, context.Cause(ctx)
		}
		if err != nil {
			return testers, err
		}
		testers[TesterName(s)] = tester
	}
	return testers, nil
}

// Testers returns one scenario for each different [TesterName] among the scenarios.
func Testers(scenarios []scenario.Scenario) []scenario.Scenario {
	seen := map[string]bool{"": true}
	var one []scenario.Scenario
	for _, s := range scenarios {
		if name := TesterName(s); !seen[name] {
			seen[name] = true
			one = append(one, s)
		}
	}
	return one
}

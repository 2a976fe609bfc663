package measure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/analysis"
)

// Burst finds the longest burst, packets back to back at the highest rate of the
// generator, that arrives without loss (RFC 9004), all trials in one scene.
type Burst struct {
	Scenario    scenario.Scenario // its load and duration are not used
	Repetitions int               // searches; RFC 9004, section 5.4 recommends 50
	Options     Options

	// Progress is told before each trial; it may be nil.
	Progress func(repetition int, packets int64)
	// Record receives each trial as soon as it is measured; an error ends the run.
	Record func(results.Trial) error
}

const (
	shortestBurst = 16
	// longestBurstTime bounds a burst: what takes in so much has no limit that a
	// queue could explain.
	longestBurstTime = 2 * time.Second

	// burstPatience is how long the generator may take to send one, on a machine that has no time for it.
	burstPatience = 30 * time.Second
	// burstResolution is the share of a burst within which its limit is found.
	burstResolution = 0.01
)

// Run searches. When ctx is done, the record has the repetitions that ended, and the error is the cause. A failure
// is in the record too.
func (b *Burst) Run(ctx context.Context) (record results.Burst, err error) {
	record = results.Burst{Scenario: b.Scenario.Name(), Start: time.Now().UTC()}
	err = withRig(ctx, b.Scenario, b.Options, func(r *Rig) error {
		m := &bursting{Burst: b, rig: r, record: &record}
		return m.run(ctx)
	})
	record.Error = textOf(err)
	return record, err
}

// bursting is the state of a Burst while it runs.
type bursting struct {
	*Burst
	rig    *Rig
	record *results.Burst
}

func (m *bursting) run(ctx context.Context) error {
	full, err := m.trial(ctx, Ask{Load: scenario.Load{Mode: scenario.LoadMax}, Duration: guardTrial, Warmup: m.Scenario.Warmup})
	if err != nil {
		return err
	}
	limit := int64(perDirection(full)*longestBurstTime.Seconds()) / m.step()
	if limit < shortestBurst {
		return errors.New("search bursts: the generator sent no packet")
	}
	for i := range m.Repetitions {
		if err := m.repeat(ctx, i, limit); err != nil {
			return err
		}
		m.summarize(full, limit*m.step())
	}
	return nil
}

// step is the number of packets that a burst can be longer or shorter by: those of a
// superpacket.
func (m *bursting) step() int64 { return int64(m.Scenario.Segs) }

// repeat is one search: ever longer bursts until one loses, then between the two.
func (m *bursting) repeat(ctx context.Context, repetition int, limit int64) error {
	var good results.Repetition
	try := func(steps int64) (whole bool, err error) {
		packets := steps * m.step()
		if m.Progress != nil {
			m.Progress(repetition, packets)
		}
		t, err := m.trial(ctx, Ask{Load: scenario.Load{Mode: scenario.LoadMax}, Packets: uint64(packets), Duration: burstPatience})
		if err != nil {
			return false, err
		}
		sent := t.Ledger.Packets(results.PlaceIntended) / int64(max(len(t.Directions), 1))
		if sent != packets {
			return false, &TrialError{fmt.Errorf("the generator sent %d of a burst of %s in %v", sent, results.Count(packets, "packet"), burstPatience)}
		}
		whole = t.LossRatio != nil && *t.LossRatio == 0
		if whole && packets > good.Packets {
			good = results.Repetition{Packets: packets, DurationS: t.DurationS}
		}
		return whole, nil
	}
	if err := longest(shortestBurst, limit, try); err != nil {
		return err
	}
	m.record.Repetitions = append(m.record.Repetitions, good)
	return nil
}

// longest tries numbers from least to limit until the largest that holds is known
// to burstResolution: doubling first, then halving what is between.
func longest(least, limit int64, holds func(int64) (bool, error)) error {
	low, high := int64(0), least
	for {
		ok, err := holds(high)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if low = high; low == limit {
			return nil
		}
		high = min(2*high, limit)
	}
	for float64(high-low) > max(1, burstResolution*float64(high)) {
		middle := (low + high) / 2
		ok, err := holds(middle)
		if err != nil {
			return err
		}
		if ok {
			low = middle
		} else {
			high = middle
		}
	}
	return nil
}

func (m *bursting) trial(ctx context.Context, ask Ask) (results.Trial, error) {
	return m.rig.part(ctx, ask, results.PhaseBurst, m.Record, nil)
}

// summarize looks at all repetitions so far. full is the trial at maximum load, whose
// forwarded rate stands for the throughput in the correction.
func (m *bursting) summarize(full results.Trial, limit int64) {
	var packets []int64
	for _, r := range m.record.Repetitions {
		packets = append(packets, r.Packets)
	}
	found := analysis.NewPacketRange(packets)
	m.record.LongestPackets = &found
	if found.Min == limit {
		m.record.LimitPackets = &limit
		return
	}
	if full.ForwardedPps != nil && full.OfferedPps != nil && *full.OfferedPps > *full.ForwardedPps {
		corrected := found.Mean * (1 - *full.ForwardedPps / *full.OfferedPps)
		m.record.CorrectedPackets = &corrected
		m.record.CorrectedBufferS = new(corrected / *full.OfferedPps)
	}
}

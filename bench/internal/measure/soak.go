package measure

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/analysis"
)

// Soak holds one load for a long time, interval by interval in one scene, each with a
// ledger that balances: between two the load pauses for less than a tenth of a second
// until the last packet has arrived. It needs the same memory however long it takes.
type Soak struct {
	Scenario scenario.Scenario // its duration is not used
	Duration time.Duration
	Interval time.Duration
	Options  Options

	// Record receives each interval as soon as it is measured; an error ends the soak.
	Record func(results.Trial) error
}

// soakMetrics are those whose drift matters.
func soakMetrics() []results.Metric {
	return []results.Metric{
		results.MetricForwarded, results.MetricThroughput, results.MetricLoss,
		results.Latency("p50"), results.Latency("p99"), results.RoundTrip("p50"), results.MetricDUTCost,
	}
}

// Run soaks. When ctx is done, or when an interval failed, the record sums up what was measured until then. That
// ctx is done is no error: a soak may be ended at any time.
func (s *Soak) Run(ctx context.Context) (record results.Soak, err error) {
	record = results.Soak{Scenario: s.name(), Start: time.Now().UTC()}
	err = withRig(ctx, s.Scenario, s.Options, func(r *Rig) error {
		m := &soaking{Soak: s, rig: r, record: &record, trends: map[results.Metric]*analysis.Trend{}}
		defer m.summarize()
		return m.run(ctx)
	})
	record.Error = textOf(err)
	return record, err
}

// name is that of the scenario as its intervals have it.
func (s *Soak) name() string {
	interval := s.Scenario
	interval.Duration, interval.Warmup = s.Interval, 0
	return interval.Name()
}

// soaking is the state of a Soak while it runs.
type soaking struct {
	*Soak
	rig    *Rig
	record *results.Soak
	trends map[results.Metric]*analysis.Trend
	memory [2]memoryTrend

	lossy     int           // intervals that lost packets
	lossSince time.Duration // when the first of them ended
}

// memoryTrend is the memory of one process over time.
type memoryTrend struct {
	results.Memory
	trend analysis.Trend
}

func (m *soaking) run(ctx context.Context) error {
	m.memory[0].Process, m.memory[1].Process = results.ProcessDUT, results.ProcessTester
	if m.Scenario.Warmup > 0 {
		if _, err := m.rig.whole(ctx, Ask{Load: m.Scenario.Load, Duration: m.Scenario.Warmup}); err != nil && ctx.Err() == nil {
			return err
		}
	}
	begin := time.Now()
	for at := time.Duration(0); m.Duration-at >= shortestInterval && ctx.Err() == nil; {
		ask := Ask{Load: m.Scenario.Load, Duration: min(m.Interval, m.Duration-at)}
		t, err := m.rig.part(ctx, ask, results.PhaseInterval, m.Record, func(t *results.Trial) { t.Round = m.record.Intervals })
		if err != nil && ctx.Err() == nil {
			return err
		}
		at = time.Since(begin)
		if err := m.take(t, at); err != nil {
			return err
		}
	}
	m.record.Interrupted = ctx.Err() != nil
	return nil
}

// shortestInterval is the least time that is worth another interval at the end.
const shortestInterval = 100 * time.Millisecond

// take adds an interval to the summary. One that was interrupted is no whole one.
func (m *soaking) take(t results.Trial, at time.Duration) error {
	m.record.DurationS = at.Seconds()
	if t.Interrupted {
		return nil
	}
	m.record.Intervals++
	if lost := t.Ledger.Packets(results.PlaceIntended) - t.Ledger.Packets(results.PlaceSink); len(t.Ledger) > 0 {
		m.record.LostPackets = plus(m.record.LostPackets, &lost)
		if lost > 0 {
			if m.lossy++; m.lossy == 1 {
				m.lossSince = at
			}
		}
	}
	figures := results.Metrics(t)
	for _, metric := range soakMetrics() {
		value, ok := figures[metric]
		if !ok {
			continue
		}
		if m.trends[metric] == nil {
			m.trends[metric] = &analysis.Trend{}
		}
		m.trends[metric].Add(at, value)
	}
	for i, pids := range [][]int{m.rig.running.Processes(), {os.Getpid()}} {
		bytes, err := host.ResidentBytes(pids...)
		if err != nil {
			return err
		}
		m.memory[i].add(at, bytes)
	}
	return nil
}

// add takes in the memory of a process; 0 is no process.
func (m *memoryTrend) add(at time.Duration, bytes int64) {
	if m.FirstBytes == 0 {
		m.FirstBytes = bytes
	}
	m.LastBytes = bytes
	m.trend.Add(at, float64(bytes))
}

// summarize describes how the metrics and the memory changed, and warns of loss, which has no
// drift of its own where most intervals have none.
func (m *soaking) summarize() {
	if m.lossy > 0 {
		m.record.Warnings = append(m.record.Warnings, fmt.Sprintf("packets were lost in %d of %s, first after %v",
			m.lossy, results.Count(m.record.Intervals, "interval"), m.lossSince.Round(time.Second)))
	}
	order := soakMetrics()
	for _, metric := range slices.SortedFunc(maps.Keys(m.trends), func(a, b results.Metric) int {
		return slices.Index(order, a) - slices.Index(order, b)
	}) {
		if drift, ok := m.trends[metric].Drift(metric); ok {
			m.record.Drifts = append(m.record.Drifts, drift)
		}
	}
	for i := range m.memory {
		memory := &m.memory[i]
		if memory.FirstBytes == 0 {
			continue
		}
		if slope, ok := memory.trend.Slope(); ok {
			memory.GrowthBytesPerHour = slope * time.Hour.Seconds()
		}
		m.record.Memory = append(m.record.Memory, memory.Memory)
	}
}

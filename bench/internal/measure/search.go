package measure

import (
	"context"
	"fmt"
	"math"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
	"tunbench/results"
)

// Search is the Manager of RFC 9971: it finds the loads at which one scenario
// reaches the goals of a search, all trials in one scene.
type Search struct {
	Scenario scenario.Scenario // its load and duration are not used
	Preset   string
	Config   search.Config // MaxLoad 0: what the tester can offer
	Latency  bool          // measure latency at shares of what was found
	Options  Options       // Tester must know the scenario

	// Record receives each trial as soon as it is measured; an error ends the search.
	Record func(results.Trial) error
}

const (
	// guardTrial is as long as the trials at maximum load that are compared to see
	// whether the host has changed during a search.
	guardTrial = 300 * time.Millisecond
	// latencyTrial is long enough for ten packets beyond p99.99 at 100 kpps.
	latencyTrial = time.Second

	unsteadySteal = 0.02
	unsteadyDrift = 0.05
)

// latencyShares are the shares of a goal's load at which latency is measured.
var latencyShares = [...]float64{0.1, 0.5, 0.9}

// Run searches. An irregular result is a result and no error. If a trial failed, or ctx is done, the record says
// so, and has what was known until then.
func (s *Search) Run(ctx context.Context) (record results.Search, err error) {
	begin := time.Now()
	record = results.Search{Scenario: s.Scenario.Name(), Preset: s.Preset, Start: begin.UTC(), MinLoadPps: s.Config.MinLoad}
	err = withRig(ctx, s.Scenario, s.Options, func(r *Rig) error {
		m := &searching{Search: s, rig: r, record: &record}
		defer func() { record.DurationS = time.Since(begin).Seconds() }()
		return m.run(ctx)
	})
	record.Error = textOf(err)
	return record, err
}

// searching is a Search on its way. It is the Measurer.
type searching struct {
	*Search
	rig    *Rig
	record *results.Search

	lossyLoad float64 // the smallest load that lost, and what limited it
	pause     int64   // ns, the longest that was noticed
}

func (m *searching) run(ctx context.Context) error {
	before, err := m.guard(ctx)
	if err != nil {
		return err
	}
	config := m.Config
	if config.MaxLoad == 0 {
		config.MaxLoad = m.maxLoad(before)
	}
	m.record.MaxLoadPps = config.MaxLoad
	if config.MaxLoad <= config.MinLoad {
		m.beyond()
		return nil
	}
	machine, err := host.ReadCPUTime()
	if err != nil {
		return err
	}
	found, err := search.Run(ctx, config, m)
	m.report(found)
	if err != nil {
		return err
	}
	if err := m.stability(ctx, machine, before); err != nil {
		return err
	}
	if !m.Latency {
		return nil
	}
	return m.latency(ctx)
}

// beyond says that no goal can be looked for: the smallest load is more than the tester
// can offer.
func (m *searching) beyond() {
	m.record.LimitedBy = limitGenerator
	for _, g := range m.Config.Goals {
		m.record.Goals = append(m.record.Goals, goalOf(search.GoalResult{Goal: g, Reason: "the smallest load is more than the tester can offer"}))
	}
}

// guard measures what is forwarded of the maximum load: the same before and after
// the search on a steady host.
func (m *searching) guard(ctx context.Context) (results.Trial, error) {
	return m.trial(ctx, Ask{Load: scenario.Load{Mode: scenario.LoadMax}, Duration: guardTrial, Warmup: m.Scenario.Warmup}, nil)
}

// maxLoad is what the tester can offer, as it was calibrated or as it did just now.
func (m *searching) maxLoad(seen results.Trial) float64 {
	return math.Floor(max(m.Options.Tester[TesterName(m.Scenario)].MaxPps, perDirection(seen)))
}

// trial measures and records; share says of which goal's load it has a share.
func (m *searching) trial(ctx context.Context, ask Ask, share *results.GoalShare) (results.Trial, error) {
	phase := results.PhaseSearch
	if share != nil {
		phase = results.PhaseLatency
	}
	return m.rig.part(ctx, ask, phase, m.Record, func(t *results.Trial) { t.GoalShare = share })
}

// Measure implements search.Measurer.
func (m *searching) Measure(ctx context.Context, load float64, duration time.Duration) (search.Trial, error) {
	t, err := m.trial(ctx, Ask{Load: paced(load), Duration: duration}, nil)
	if err != nil {
		return search.Trial{}, err
	}
	if t.LossRatio == nil {
		return search.Trial{}, &TrialError{fmt.Errorf("no packet was due in %v at %.0f packets/s: raise the smallest load, or make superpackets smaller", duration, load)}
	}
	m.noticePause(t, load)
	if *t.LossRatio > 0 && (m.lossyLoad == 0 || load < m.lossyLoad) && t.LimitedBy != "" {
		m.lossyLoad, m.record.LimitedBy = load, t.LimitedBy
	}
	return search.Trial{Effective: time.Duration(t.DurationS * float64(time.Second)), LossRatio: *t.LossRatio}, nil
}

// noticePause remembers the longest time that the generator's CPU stood still. Near the end
// of what the tester can offer a packet may be late for other reasons.
func (m *searching) noticePause(t results.Trial, load float64) {
	if t.Sender == nil || t.Sender.LatenessNs == nil || load > 0.9*m.record.MaxLoadPps {
		return
	}
	m.pause = max(m.pause, t.Sender.LatenessNs.Max)
}

// explainPauses says when the longest pause was enough to fill the queue in front of the
// device under test at the highest load without loss: what was found hangs on how many
// pauses a trial met.
func (m *searching) explainPauses() {
	if m.pause == 0 {
		return
	}
	m.record.Host.LongestPauseNs = &m.pause
	for _, g := range m.record.Goals {
		if g.RelevantLowerBoundPps == nil {
			continue
		}
		full := float64(m.Scenario.TxQLen) / *g.RelevantLowerBoundPps * 1e9
		if float64(m.pause) > full {
			m.warn("the host was unsteady: a CPU stood still for up to %.1f ms, and at the %s a queue of %d packets is full after %.1f ms",
				float64(m.pause)/1e6, g.Name, m.Scenario.TxQLen, full/1e6)
			return
		}
	}
}

// paced is a load in whole packets a second.
func paced(pps float64) scenario.Load {
	return scenario.Load{Mode: scenario.LoadPaced, Pps: max(int64(math.Round(pps)), 1)}
}

// report writes down what the Controller found.
func (m *searching) report(found search.Result) {
	m.record.Trials, m.record.TrialDurationS = found.Trials, found.Elapsed.Seconds()
	for _, g := range found.Goals {
		m.record.Goals = append(m.record.Goals, goalOf(g))
	}
	if m.record.LimitedBy == "" && m.Config.MaxLoad == 0 {
		m.record.LimitedBy = limitGenerator // nothing was lost of all it can offer
	}
}

func goalOf(g search.GoalResult) results.Goal {
	return results.Goal{
		Name:                     g.Goal.Name,
		LossRatio:                g.Goal.LossRatio,
		ExceedRatio:              g.Goal.ExceedRatio,
		InitialTrialDurationS:    g.Goal.InitialDuration.Seconds(),
		FinalTrialDurationS:      g.Goal.FinalDuration.Seconds(),
		DurationSumS:             g.Goal.DurationSum.Seconds(),
		WidthRatio:               g.Goal.Width,
		RelevantLowerBoundPps:    g.LowerBound,
		RelevantUpperBoundPps:    g.UpperBound,
		ConditionalThroughputPps: g.ConditionalThroughput,
		Regular:                  g.Regular,
		Reason:                   g.Reason,
	}
}

// stability says how steady the host was since machine and before were measured.
func (m *searching) stability(ctx context.Context, machine host.CPUTime, before results.Trial) error {
	now, err := host.ReadCPUTime()
	if err != nil {
		return err
	}
	m.record.Host = &results.Stability{}
	m.explainPauses()
	if spent := now.Sub(machine); spent.Total() > 0 {
		steal := spent.Steal / spent.Total()
		m.record.Host.StealRatio = &steal
		if steal > unsteadySteal {
			m.warn("the host was unsteady: %.1f %% of the CPU time went to other guests of the hypervisor", 100*steal)
		}
	}
	after, err := m.guard(ctx)
	if err != nil {
		return err
	}
	if before.ForwardedPps == nil || after.ForwardedPps == nil || *before.ForwardedPps == 0 {
		return nil
	}
	drift := *after.ForwardedPps / *before.ForwardedPps - 1
	m.record.Host.DriftRatio = &drift
	if math.Abs(drift) > unsteadyDrift {
		m.warn("the host was unsteady: the rate forwarded at maximum load changed by %+.1f %% from beginning to end", 100*drift)
	}
	return nil
}

func (m *searching) warn(format string, args ...any) {
	m.record.Warnings = append(m.record.Warnings, fmt.Sprintf(format, args...))
}

// latency measures at shares of each goal's load.
func (m *searching) latency(ctx context.Context) error {
	for _, g := range m.record.Goals {
		if g.RelevantLowerBoundPps == nil {
			continue
		}
		for _, share := range latencyShares {
			ask := Ask{Load: paced(share * *g.RelevantLowerBoundPps), Duration: latencyTrial, Warmup: m.Scenario.Warmup}
			if least := m.Scenario.LeastPps(latencyTrial); ask.Load.Pps < least {
				m.warn("no latency at %.0f %% of the %s: less than one packet is due in %v", 100*share, g.Name, latencyTrial)
				continue
			}
			if _, err := m.trial(ctx, ask, &results.GoalShare{Goal: g.Name, Ratio: share}); err != nil {
				return err
			}
		}
	}
	return nil
}

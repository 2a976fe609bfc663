package campaign

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
)

// Bounds of what is measured, the same for a plan and for the command line.
const (
	MaxRounds      = 10_000 // far beyond what statistics gain from
	MaxRepetitions = 1000   // of a Burst
	ShortestSoak   = time.Second
	MinInterval    = 100 * time.Millisecond // of a Soak
	MaxInterval    = time.Hour
)

// check returns an error if a plan that somebody may have edited cannot be measured on many machines.
func (p Plan) check() error {
	checked, ok := p.Work.(interface{ check() error })
	if !ok {
		return fmt.Errorf("kind %q: only run, ab, gate, sweep, search, burst and soak can be measured from a plan", p.Work.kind())
	}
	if len(p.Work.scenarios()) == 0 {
		return errors.New("it has no scenario")
	}
	for _, s := range p.Work.scenarios() {
		if s.DUT == "" {
			return errors.New("a scenario is missing")
		}
		if s.IsProgram() && !slices.ContainsFunc(p.Programs, func(f *program.File) bool { return f.Name == string(s.DUT) }) {
			return fmt.Errorf("dut=%s: the plan has no such program", s.DUT)
		}
	}
	return checked.check()
}

func checkRounds(rounds int) error {
	if rounds < 1 || rounds > MaxRounds {
		return fmt.Errorf("rounds: %d: want 1 to %d", rounds, MaxRounds)
	}
	return nil
}

func (r *Run) check() error { return checkRounds(r.Rounds) }

func (l Length) check() error {
	switch {
	case l.MaxRounds < 1 || l.MaxRounds > MaxRounds:
		return fmt.Errorf("max_rounds: %d: want 1 to %d", l.MaxRounds, MaxRounds)
	case l.MinRounds < 1:
		return fmt.Errorf("min_rounds: %d: want 1 or more", l.MinRounds)
	}
	return nil
}

func (c *Comparison) check() error {
	for _, arm := range c.Arms {
		if h := arm.Variant.Handicap; !(h >= 0 && h <= forward.MaxHandicap) {
			return fmt.Errorf("handicap: %v: want 0 to %v", h, forward.MaxHandicap)
		}
	}
	return errors.Join(c.Length.check(), checkOffered(c.Arms), checkVariants(c.Arms))
}

func (w *Gate) check() error {
	if w.Baseline == "" {
		return errors.New("baseline: want the build to compare with: FILE, FOLDER or git:REV")
	}
	return errors.Join(w.Length.check(), checkThresholds(w.Thresholds), w.Check())
}

func checkThresholds(t gate.Thresholds) error {
	if !(t.Confidence > 0.5 && t.Confidence < 1) {
		return fmt.Errorf("confidence: %v: want more than 0.5 and less than 1", t.Confidence)
	}
	for m, threshold := range t.Metrics {
		if !(threshold.Margin > 0) {
			return fmt.Errorf("margin of %s: %v: want more than 0", m, threshold.Margin)
		}
	}
	return nil
}

func (w *Sweep) check() error {
	_, err := SweepMetric(string(w.Design.Metric), w.Cells)
	for _, k := range w.Design.Knobs {
		if len(k.Values) == 0 {
			return fmt.Errorf("knob %s: want values", k.Key)
		}
	}
	return errors.Join(err, checkRounds(w.Design.Rounds))
}

func (w *Search) check() error {
	_, err := search.FindPreset(w.Preset)
	switch {
	case err != nil:
		return err
	case !w.Scenario.OpenLoop() || w.Scenario.Load.Mode == scenario.LoadPaced:
		return fmt.Errorf("%s: a search needs a load that can be set, and sets it itself: proto=udp, load=max", w.Scenario.Name())
	case !(w.MinLoad > 0):
		return fmt.Errorf("min_load_pps: %v: want more than 0", w.MinLoad)
	case w.MaxLoad != 0 && !(w.MaxLoad > w.MinLoad):
		return fmt.Errorf("max_load_pps: %v: want more than min_load_pps, or leave it out", w.MaxLoad)
	}
	return nil
}

func (w *Burst) check() error {
	switch {
	case w.Repetitions < 1 || w.Repetitions > MaxRepetitions:
		return fmt.Errorf("repetitions: %d: want 1 to %d", w.Repetitions, MaxRepetitions)
	case !w.Scenario.OpenLoop() || w.Scenario.Load.Mode == scenario.LoadPaced:
		return fmt.Errorf("%s: a burst needs a load without a rate: proto=udp, load=max", w.Scenario.Name())
	}
	return nil
}

func (w *Soak) check() error {
	switch {
	case w.Duration < ShortestSoak:
		return fmt.Errorf("duration: %v: want at least %v", w.Duration, ShortestSoak)
	case w.Interval < MinInterval || w.Interval > MaxInterval:
		return fmt.Errorf("interval: %v: want %v to %v", w.Interval, MinInterval, MaxInterval)
	}
	if least := w.Scenario.LeastPps(w.Interval); w.Scenario.Load.Mode == scenario.LoadPaced && w.Scenario.Load.Pps < least {
		return fmt.Errorf("%s: less than one packet is due in an interval of %v: want load=%d or more", w.Scenario.Name(), w.Interval, least)
	}
	return nil
}

package campaign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
	"tunbench/bench/internal/ui"
)

// Search finds the highest loads without loss and with little loss (RFC 9971).
type Search struct {
	Scenario scenario.Scenario `json:"scenario"` // its load and duration are not used
	Preset   string            `json:"preset"`
	MinLoad  float64           `json:"min_load_pps"`
	MaxLoad  float64           `json:"max_load_pps,omitempty"` // 0: what the tester can offer
	Latency  bool              `json:"latency"`                // measure it at shares of what was found
}

func (*Search) kind() string                     { return "search" }
func (w *Search) scenarios() []scenario.Scenario { return []scenario.Scenario{w.Scenario} }

func (w *Search) prepare(s *session) (task, error) {
	preset, err := search.FindPreset(w.Preset)
	if err != nil {
		return nil, &UsageError{err}
	}
	config := preset.Config
	config.MinLoad, config.MaxLoad = w.MinLoad, w.MaxLoad
	return func(ctx context.Context, keep *records) error {
		progress := s.Progress(ui.Unknown)
		defer progress.Done()
		if err := s.calibrate(ctx, keep, progress, s.fitted...); err != nil {
			return err
		}
		config.Progress = func(p search.Progress) { progress.Step(closingIn(p)) }
		m := measure.Search{Scenario: s.fitted[0], Preset: preset.Name, Config: config, Latency: w.Latency, Options: s.options, Record: keep.trial}
		record, err := m.Run(ctx)
		return errors.Join(interrupted(ctx, err, keep.trials), keep.write(record))
	}, nil
}

// closingIn says in one line where the bounds of every goal are.
func closingIn(p search.Progress) string {
	parts := make([]string, len(p.Goals))
	for i, g := range p.Goals {
		parts[i] = fmt.Sprintf("%s %s to %s", g.Name, bound(g.Lower), bound(g.Upper))
		if g.Done {
			parts[i] += " ✓"
		}
	}
	return strings.Join(parts, " · ") + fmt.Sprintf(" · tried %.0f pps for %v: loss %.3g %%", p.Trial.Load, p.Trial.Duration, 100*p.Trial.LossRatio)
}

func bound(load *float64) string {
	if load == nil {
		return "?"
	}
	return fmt.Sprintf("%.0f", *load)
}

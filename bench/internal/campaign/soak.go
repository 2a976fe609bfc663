package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// Soak holds one load for hours, with a record of each interval.
type Soak struct {
	Scenario scenario.Scenario `json:"scenario"` // its duration is not used
	Duration time.Duration     `json:"duration_ns"`
	Interval time.Duration     `json:"interval_ns"`
}

func (*Soak) kind() string                     { return "soak" }
func (w *Soak) scenarios() []scenario.Scenario { return []scenario.Scenario{w.Scenario} }

func (w *Soak) prepare(s *session) (task, error) {
	return func(ctx context.Context, keep *records) error {
		if err := s.calibrateBefore(ctx, keep, s.fitted...); err != nil {
			return err
		}
		intervals := int((w.Duration + w.Interval - 1) / w.Interval)
		progress := s.Progress(intervals)
		progress.Expect(w.Interval)
		defer progress.Done()
		soak := measure.Soak{Scenario: s.fitted[0], Duration: w.Duration, Interval: w.Interval, Options: s.options}
		progress.Step("first interval of " + titlesOf(s.fitted)[soak.Scenario.Name()])
		soak.Record = func(t results.Trial) error {
			if intervals--; intervals > 0 {
				progress.Step(lastInterval(t))
			}
			return keep.write(t)
		}
		record, err := soak.Run(ctx)
		record.Warnings = append(record.Warnings, report.Sentences(analysis.SoakWarnings(record))...)
		if err == nil && ctx.Err() != nil {
			err = fmt.Errorf("interrupted after %s: %w", results.Count(record.Intervals, "interval"), context.Cause(ctx))
		}
		return errors.Join(err, keep.write(record))
	}, nil
}

// lastInterval is an interval in one line.
func lastInterval(t results.Trial) string {
	text := "last interval:"
	if t.ForwardedPps != nil {
		text += fmt.Sprintf(" %.0f pps", *t.ForwardedPps)
	}
	if t.LossRatio != nil {
		text += fmt.Sprintf(", loss %.3g %%", 100**t.LossRatio)
	}
	if t.LatencyNs != nil {
		text += fmt.Sprintf(", p99 %v", time.Duration(t.LatencyNs.P99))
	}
	return text
}

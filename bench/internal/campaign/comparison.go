package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// Comparison measures two arms in turns until every metric is decided, or until Length.MaxRounds.
type Comparison struct {
	Arms   [2]measure.Arm `json:"arms"`
	Length Length         `json:"length"`
}

// Length says how many rounds a comparison takes, and in which order it measures.
type Length struct {
	MinRounds int    `json:"min_rounds"`
	MaxRounds int    `json:"max_rounds"`
	Control   bool   `json:"control"` // A is measured once more, as a third arm
	Seed      uint64 `json:"seed"`    // of the order of trials and of the bootstrap
}

// trials is the largest number of trials that a comparison can have, with a warm-up of each arm.
func (l Length) trials() int {
	if l.Control {
		return 2 + 6*l.MaxRounds
	}
	return 2 + 4*l.MaxRounds
}

func (*Comparison) kind() string { return "comparison" }

func (c *Comparison) scenarios() []scenario.Scenario {
	return []scenario.Scenario{c.Arms[0].Scenario, c.Arms[1].Scenario}
}

func (c *Comparison) prepare(s *session) (task, error) {
	arms := c.Arms
	// Arms that are the same scenario were fitted once.
	arms[0].Scenario, arms[1].Scenario = s.fitted[0], s.fitted[len(s.fitted)-1]
	shop := s.workshop()
	for i, arm := range arms {
		if s.Share != nil {
			if err := sameBinary(arm.Variant.Binary); err != nil {
				return nil, err
			}
		}
		if arm.Revision == "" {
			continue
		}
		build, err := s.buildOf(shop, s.programOf(arm.Scenario), "git:"+arm.Revision)
		if err != nil {
			return nil, err
		}
		build.variant.Handicap = arm.Variant.Handicap
		arms[i].Variant = build.variant
	}
	return func(ctx context.Context, keep *records) error {
		both := []scenario.Scenario{arms[0].Scenario, arms[1].Scenario}
		progress := s.Progress(c.Length.trials() + s.calibrations(both))
		progress.Expect(timeOfTrial(arms[1].Scenario))
		defer progress.Done()
		if err := s.calibrate(ctx, keep, progress, both...); err != nil {
			return err
		}
		_, err := comparing{arms: arms, options: s.options, length: c.Length, keep: keep, progress: progress}.run(ctx)
		return interrupted(ctx, err, keep.trials)
	}, nil
}

// comparing is one series of a comparison.
type comparing struct {
	arms     [2]measure.Arm
	options  measure.Options
	length   Length
	number   int // among those of one file
	judging  analysis.CompareOptions
	deciding func(results.Metric) bool // whether the series goes on for it; nil: for any
	keep     *records
	progress *ui.Progress
	label    string // before what progress says
}

// run measures, and writes a record of each metric; also if a trial failed or the series was interrupted.
func (c comparing) run(ctx context.Context) ([]results.Comparison, error) {
	c.judging.Seed = c.length.Seed
	var trials []results.Trial
	said := ""
	arms := measure.Arms{
		A: c.arms[0], B: c.arms[1],
		Control:   c.length.Control,
		MinRounds: c.length.MinRounds, MaxRounds: c.length.MaxRounds,
		Number: c.number, Seed: c.length.Seed,
		Options: c.options,
		Starting: func(arm string, round int) {
			c.progress.Step(c.label + roundLabel(round, c.length.MaxRounds) + " · arm " + arm + said)
		},
		Record: func(t results.Trial) error {
			trials = append(trials, t)
			return c.keep.write(t)
		},
		Enough: func() (bool, error) {
			comparisons, err := c.judge(trials)
			said = howFar(comparisons)
			return analysis.NarrowEnough(c.decisive(comparisons)), err
		},
	}
	runErr := arms.Run(ctx)
	comparisons, err := c.judge(trials)
	for _, comparison := range comparisons {
		err = errors.Join(err, c.keep.write(comparison))
	}
	return comparisons, errors.Join(runErr, err)
}

// judge compares the arms by the trials that there are so far.
func (c comparing) judge(trials []results.Trial) ([]results.Comparison, error) {
	comparisons, err := analysis.Compare(trials, c.judging)
	return report.Recorded(comparisons), err
}

// decisive returns the comparisons of the metrics that must be decided before the series may end.
func (c comparing) decisive(comparisons []results.Comparison) []results.Comparison {
	if c.deciding == nil {
		return comparisons
	}
	return slices.DeleteFunc(slices.Clone(comparisons), func(made results.Comparison) bool { return !c.deciding(made.Metric) })
}

func roundLabel(round, rounds int) string {
	if round < 0 {
		return "warm-up"
	}
	return fmt.Sprintf("round %d of at most %d", round+1, rounds)
}

// howFar says for a line of progress how close the first metric is to its verdict.
func howFar(comparisons []results.Comparison) string {
	if len(comparisons) == 0 {
		return ""
	}
	return " · " + report.Progress(comparisons[0])
}

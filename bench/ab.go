package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

const abHelp = `Compare two scenarios, measured in turns, and say for each metric whether B is
better, worse or the same, or that it cannot be told.

A word that begins with a: or b: belongs to one arm, any other to both; the
words are those of tunbench run, each key with one value. Besides, each arm may
have
  binary=PATH      another build of tunbench to forward with
  handicap=5%      a share of the forwarder's CPU to waste: is it found?

A round measures A, B and A once more as a control, in random order and then
backwards (among A and B: ABBA or BAAB), each trial in namespaces of its own,
so that a drift of the machine meets both alike. The figure of a round is the
ratio of B's mean to A's. The series ends when the interval of every ratio is
half as wide as its margin, or after --rounds.

better, worse   the whole 95 % interval lies beyond the margin, and the
                signed-rank test finds the change (5 % over all metrics
                together, after Holm)
same            the whole interval lies within the margin
inconclusive    neither; also if A differs from itself, a trial failed, or a
                round has no ratio: a figure is absent, or that of A is 0
Where B brought nothing through in a trial, and A something in all of its own of
that round, B is worse, whatever the statistics say.

Both arms must offer the same load: proto, load, size and dir.

Exit codes: 0 every round of every metric has a ratio, whatever the verdicts are;
1 a trial failed, or the run was interrupted; 2 wrong usage; 3 B brought nothing
through where A did; 4 some rounds have no ratio; 5 this host or user cannot
measure.`

const abExamples = `  tunbench ab a:dut=wireguard-go b:dut=forwarder size=64
  tunbench ab a:gro=off b:gro=auto size=1400 flows=64
  tunbench ab a:binary=old/tunbench proto=tcp   another build against this one
  tunbench ab                                   a scenario against itself: the noise
  tunbench ab b:handicap=5%                     is a loss of 5 % found?`

// abOptions are the flags of `tunbench ab`.
type abOptions struct {
	output
	tester
	series
}

// series are the flags that say how long a comparison goes on.
type series struct {
	rounds, minRounds int
	minRoundsGiven    bool // or the default, which fewer rounds cut short
	noControl         bool
	seed              uint64
}

const (
	// defaultABRounds make 180 trials.
	defaultABRounds = 30
	// defaultMinRounds are the least that the tests for oddities want.
	defaultMinRounds = 10
)

func (s *series) add(flags *pflag.FlagSet, rounds int) {
	flags.IntVarP(&s.rounds, "rounds", "n", rounds, "end after so many rounds of six trials at the latest")
	flags.IntVar(&s.minRounds, "min-rounds", defaultMinRounds, "and not before so many")
	flags.BoolVar(&s.noControl, "no-control", false, "do not measure A twice: rounds of four trials, and nothing shows how much A differs from itself")
	flags.Uint64Var(&s.seed, "seed", 1, "of the order of trials and of the bootstrap")
}

// trials is how many there are at most, the warm-up of both arms included.
func (s *series) trials() int {
	if s.noControl {
		return 2 + 4*s.rounds
	}
	return 2 + 6*s.rounds
}

func (s *series) check() error {
	switch {
	case s.rounds < 1 || s.rounds > maxRounds:
		return &usageError{fmt.Errorf("-n %d: want 1 to %d rounds", s.rounds, maxRounds)}
	case s.minRounds < 1:
		return &usageError{fmt.Errorf("--min-rounds %d: want 1 or more", s.minRounds)}
	case s.minRounds > s.rounds && s.minRoundsGiven:
		return &usageError{fmt.Errorf("--min-rounds %d -n %d: want no more rounds at least than at most", s.minRounds, s.rounds)}
	}
	return nil
}

func (a *app) abCommand() *cobra.Command {
	var o abOptions
	cmd := &cobra.Command{
		Use:     "ab [a:KEY=VALUE | b:KEY=VALUE | KEY=VALUE]...",
		Short:   "Compare two scenarios or builds, measured in turns, with a verdict",
		Long:    abHelp,
		Example: abExamples,
		RunE: func(cmd *cobra.Command, words []string) error {
			o.minRoundsGiven = cmd.Flags().Changed("min-rounds")
			return a.ab(cmd.Context(), o, words)
		},
	}
	o.series.add(cmd.Flags(), defaultABRounds)
	o.tester.add(cmd.Flags())
	o.output.add(cmd.Flags())
	return cmd
}

func (a *app) ab(ctx context.Context, o abOptions, words []string) error {
	if err := o.series.check(); err != nil {
		return err
	}
	arms, err := parseArms(words)
	if err != nil {
		return err
	}
	arms, options, err := a.fitArms(arms, o.tester)
	if err != nil {
		return err
	}
	var found []results.Comparison
	if err := a.recorded(ctx, o.output, func(keep *records) error {
		progress := a.progress(o.output, o.trials()+o.calibrations(scenariosOf(arms)))
		progress.Expect(expected([]scenario.Scenario{arms[1].Scenario}, 1, tester{uncalibrated: true}))
		defer progress.Done()
		options.Tester, err = a.calibrated(ctx, o.tester, keep, progress, scenariosOf(arms))
		if err != nil {
			return interrupted(ctx, err, 0)
		}
		found, err = a.compareArms(ctx, comparing{arms: arms, options: options, series: o.series, keep: keep, progress: progress})
		return interrupted(ctx, err, keep.trials)
	}); err != nil {
		return err
	}
	return abVerdict(found)
}

// abVerdict is the exit code of a series that came to its end. Which of two settings is the better one is neither success nor failure. That B
// brings nothing through where A does is a failure, and what could not be measured is no answer.
func abVerdict(found []results.Comparison) error {
	var nothing, open []string
	for _, c := range found {
		switch {
		case c.NothingRounds > 0 && c.Verdict == results.VerdictWorse:
			nothing = append(nothing, report.Label(c.Metric))
		case c.NothingRounds+c.UnmeasuredRounds > 0:
			open = append(open, report.Label(c.Metric))
		}
	}
	switch {
	case len(nothing) > 0:
		return fmt.Errorf("ab: %s: B brought nothing through where A did: %w", strings.Join(nothing, ", "), errRegression)
	case len(found) == 0:
		return fmt.Errorf("ab: no metric was measured in any round: %w", errInconclusive)
	case len(open) > 0:
		return fmt.Errorf("ab: %s: some rounds have no ratio: %w", strings.Join(open, ", "), errInconclusive)
	}
	return nil
}

func scenariosOf(arms [2]measure.Arm) []scenario.Scenario {
	return []scenario.Scenario{arms[0].Scenario, arms[1].Scenario}
}

// fitArms makes both arms what this host can do.
func (a *app) fitArms(arms [2]measure.Arm, t tester) ([2]measure.Arm, measure.Options, error) {
	fitted, options, err := a.fit(scenariosOf(arms), t)
	if err != nil {
		return arms, options, err
	}
	// Arms that are the same scenario were fitted once.
	arms[0].Scenario, arms[1].Scenario = fitted[0], fitted[len(fitted)-1]
	return arms, options, nil
}

// comparing is one comparison to be made.
type comparing struct {
	arms     [2]measure.Arm
	options  measure.Options
	series   series
	number   int // among those of one file
	judging  analysis.CompareOptions
	deciding func(results.Metric) bool // whether the series goes on for it; nil: for any
	keep     *records
	progress *ui.Progress
	label    string // before what progress says
}

// compareArms measures and records what came of it, also where not all trials came to
// their end.
func (a *app) compareArms(ctx context.Context, c comparing) ([]results.Comparison, error) {
	c.judging.Seed = c.series.seed
	var trials []results.Trial
	said := ""
	arms := measure.Arms{
		A: c.arms[0], B: c.arms[1],
		Control:   !c.series.noControl,
		MinRounds: c.series.minRounds, MaxRounds: c.series.rounds,
		Number: c.number, Seed: c.series.seed,
		Options: c.options,
		Starting: func(arm string, round int) {
			c.progress.Step(c.label + roundLabel(round, c.series.rounds) + " · arm " + arm + said)
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

// judge is what the trials so far come to.
func (c comparing) judge(trials []results.Trial) ([]results.Comparison, error) {
	comparisons, err := analysis.Compare(trials, c.judging)
	return report.Recorded(comparisons), err
}

// decisive are the comparisons that the series goes on for.
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

// howFar says how far the first metric has come.
func howFar(comparisons []results.Comparison) string {
	if len(comparisons) == 0 {
		return ""
	}
	return " · " + report.Progress(comparisons[0])
}

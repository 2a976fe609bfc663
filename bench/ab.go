package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tunbench/bench/internal/campaign"
	"tunbench/results"
	"tunbench/results/report"
)

const abHelp = `Measure two scenarios, A and B, in turns, and say for each metric whether B is
better, worse or the same, or that the trials cannot tell.

A word that begins with a: or b: belongs to one arm, any other to both; the
words are those of tunbench run, each key with one value. An arm may also have
  binary=PATH      forward with another build of tunbench
  handicap=5%      waste this share of the forwarder's CPU time: is it found?
  rev=REV          build a program of --program from this revision of its repository

A round measures A, B and A once more as a control, in random order and then
backwards (among A and B: ABBA or BAAB), each trial in namespaces of its own,
so that a drift of the machine affects both alike. The figure of a round is the
ratio of B's mean to A's. The series ends when the interval of every ratio is
half as wide as its margin, or after --rounds.

better, worse   the whole 95 % interval lies beyond the margin, and the
                signed-rank test finds the change (5 % over all metrics
                together, after Holm)
same            the whole interval lies within the margin
inconclusive    neither; also if A differs from itself, a trial failed, or a
                round has no ratio: a figure is absent, or that of A is 0
If no packet arrived in a trial of B, and some did in every trial of A in the
same round, B is worse, whatever the statistics say.

Both arms must offer the same load: proto, load, size and dir.

Exit codes: 0 every round of every metric has a ratio, whatever the verdicts are;
1 a trial failed, or the run was interrupted; 2 wrong usage; 3 no packet arrived
in a trial of B, and some did in those of A; 4 some rounds have no ratio; 5 this
host or user cannot measure.`

const abExamples = `  tunbench ab a:dut=wireguard-go b:dut=forwarder size=64
  tunbench ab a:gro=off b:gro=auto size=1400 flows=64
  tunbench ab a:binary=old/tunbench proto=tcp   another build against this one
  tunbench ab                                   a scenario against itself: the noise
  tunbench ab b:handicap=5%                     is a loss of 5 % found?`

// abOptions are the flags of `tunbench ab`.
type abOptions struct {
	output
	subject
	planning
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
	flags.IntVarP(&s.rounds, "rounds", "n", rounds, "measure at most so many rounds of six trials")
	flags.IntVar(&s.minRounds, "min-rounds", defaultMinRounds, "measure at least so many rounds")
	flags.BoolVar(&s.noControl, "no-control", false, "do not measure A a second time in each round: four trials instead of six, but nothing shows how much A differs from itself")
	flags.Uint64Var(&s.seed, "seed", 1, "`seed` of the order of trials and of the bootstrap")
}

// length is what they ask for.
func (s *series) length() campaign.Length {
	return campaign.Length{MinRounds: s.minRounds, MaxRounds: s.rounds, Control: !s.noControl, Seed: s.seed}
}

func (s *series) check() error {
	switch {
	case s.rounds < 1 || s.rounds > maxRounds:
		return &usageError{fmt.Errorf("-n %d: want 1 to %d rounds", s.rounds, maxRounds)}
	case s.minRounds < 1:
		return &usageError{fmt.Errorf("--min-rounds %d: want 1 or more", s.minRounds)}
	case s.minRounds > s.rounds && s.minRoundsGiven:
		return &usageError{fmt.Errorf("--min-rounds %d -n %d: want a minimum that is not above the maximum", s.minRounds, s.rounds)}
	}
	return nil
}

func (con *console) abCommand() *cobra.Command {
	var o abOptions
	cmd := &cobra.Command{
		Use:     "ab [a:KEY=VALUE | b:KEY=VALUE | KEY=VALUE]...",
		Short:   "Compare two scenarios or builds, measured in turns, with a verdict",
		Long:    abHelp,
		Example: abExamples,
		RunE: func(cmd *cobra.Command, words []string) error {
			o.minRoundsGiven = cmd.Flags().Changed("min-rounds")
			return con.ab(cmd.Context(), o, words)
		},
	}
	o.series.add(cmd.Flags(), defaultABRounds)
	o.subject.add(cmd.Flags())
	o.output.add(cmd.Flags())
	o.planning.add(cmd.Flags())
	return cmd
}

func (con *console) ab(ctx context.Context, o abOptions, words []string) error {
	if err := o.series.check(); err != nil {
		return err
	}
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	arms, err := campaign.ParseArms(words)
	if err != nil {
		return err
	}
	plan.Work = &campaign.Comparison{Arms: arms, Length: o.length()}
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	out, err := con.measure(ctx, o.output, plan)
	if err != nil {
		return err
	}
	return abVerdict(out.File.Comparisons)
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

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

const abHelp = `Compare two scenarios, measured in turns, and print the ratio of what they do.

A word that begins with a: or b: belongs to one arm, any other to both; the
words are those of tunbench run, each key with one value. A round measures
A, B, B, A, every second one B, A, A, B, each trial in namespaces of its own: a
drift of the machine meets both arms alike, and the ratio of a round has little
of it. A round in which a trial failed has no ratio.

The table shows for every metric the medians of both arms, the median of the
rounds' ratios, and the least and the largest of them.`

const abExamples = `  tunbench ab a:dut=forwarder b:dut=wireguard-go size=64
  tunbench ab a:gro=auto b:gro=off size=1400 flows=64 -n 20
  tunbench ab                                   a scenario against itself: the noise`

// abOptions are the flags of `tunbench ab`.
type abOptions struct {
	output
	tester
	rounds int
}

// defaultABRounds make 28 trials.
const defaultABRounds = 7

func (a *app) abCommand() *cobra.Command {
	var o abOptions
	cmd := &cobra.Command{
		Use:     "ab [a:KEY=VALUE | b:KEY=VALUE | KEY=VALUE]...",
		Short:   "Compare two scenarios, measured in turns",
		Long:    abHelp,
		Example: abExamples,
		RunE:    func(cmd *cobra.Command, words []string) error { return a.ab(cmd.Context(), o, words) },
	}
	cmd.Flags().IntVarP(&o.rounds, "rounds", "n", defaultABRounds, "measure each arm twice so often")
	o.tester.add(cmd.Flags())
	o.output.add(cmd.Flags())
	return cmd
}

func (a *app) ab(ctx context.Context, o abOptions, words []string) error {
	if o.rounds < 1 || o.rounds > maxRounds {
		return &usageError{fmt.Errorf("-n %d: want 1 to %d rounds", o.rounds, maxRounds)}
	}
	one, other, err := scenario.ParseArms(words)
	if err != nil {
		return err
	}
	fitted, options, err := a.fit([]scenario.Scenario{one, other}, o.tester)
	if err != nil {
		return err
	}
	// Arms that are the same scenario were fitted once.
	arms := []scenario.Scenario{fitted[0], fitted[len(fitted)-1]}
	series := measure.Series{Scenarios: arms, Arms: true, Rounds: o.rounds, Options: options}
	return a.recorded(ctx, o.output, func(keep *records) error {
		return errors.Join(a.measureSeries(ctx, o.output, o.tester, series, keep), keep.compare())
	})
}

// compare adds what the trials of both arms say, also where not all came to their end.
func (r *records) compare() error {
	comparisons, err := results.Compare(r.file.Trials)
	if err != nil {
		return fmt.Errorf("compare arms: %w", err)
	}
	for _, c := range comparisons {
		if err := r.write(c); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

const burstHelp = `Find the longest burst that a device under test takes without loss (RFC 9004):
packets back to back, at the highest rate that the generator has. It shows how
much the queues in front of the device under test hold; the corrected figure
leaves out what was forwarded meanwhile.

The words are those of tunbench run, for one scenario; load and duration are
the burst's own.`

// burstOptions are the flags of `tunbench burst`.
type burstOptions struct {
	output
	tester
	repetitions int
}

const (
	defaultRepetitions = 5
	maxRepetitions     = 1000
)

func (a *app) burstCommand() *cobra.Command {
	var o burstOptions
	cmd := &cobra.Command{
		Use:   "burst [KEY=VALUE | SCENARIO]...",
		Short: "Find the longest burst without loss (RFC 9004)",
		Long:  burstHelp,
		Example: `  tunbench burst dev=tun txqlen=1000
  tunbench burst dev=tap size=1400 -n 50`,
		RunE: func(cmd *cobra.Command, words []string) error { return a.burst(cmd.Context(), o, words) },
	}
	o.repetitions = defaultRepetitions
	cmd.Flags().VarP(number{&o.repetitions, 1, maxRepetitions, "repetitions"}, "repetitions", "n", "search so often; RFC 9004 wants 50")
	o.tester.add(cmd.Flags())
	o.output.add(cmd.Flags())
	return cmd
}

func (a *app) burst(ctx context.Context, o burstOptions, words []string) error {
	if err := leaveOut(words, "duration", "a burst ends when its last packet is sent"); err != nil {
		return err
	}
	s, err := one(words)
	if err != nil {
		return err
	}
	if !s.OpenLoop() || s.Load.Mode == scenario.LoadPaced {
		return &usageError{errors.New("a burst needs a load without a rate: proto=udp, load left out")}
	}
	s, options, err := a.fitOne(s, o.tester)
	if err != nil {
		return err
	}
	return a.recorded(ctx, o.output, func(keep *records) (err error) {
		progress := a.progress(o.output, ui.Unknown)
		defer progress.Done()
		if options.Tester, err = a.calibrated(ctx, o.tester, keep, progress, []scenario.Scenario{s}); err != nil {
			return interrupted(ctx, err, 0)
		}
		b := measure.Burst{Scenario: s, Repetitions: o.repetitions, Options: options}
		b.Record = func(t results.Trial) error { return keep.write(t) }
		b.Progress = func(repetition int, packets int64) {
			progress.Step(fmt.Sprintf("repetition %d of %d: %s", repetition+1, o.repetitions, results.Count(packets, "packet")))
		}
		record, err := b.Run(ctx)
		return errors.Join(interrupted(ctx, err, keep.trials), keep.write(record))
	})
}

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/scenario"
)

const burstHelp = `Find the longest burst that a device under test takes without loss (RFC 9004):
packets back to back, at the highest rate that the generator has. It shows how
much the queues in front of the device under test hold; the corrected figure
leaves out the packets that were forwarded while the burst was sent.

The words are those of tunbench run, for one scenario, without load and duration.`

// burstOptions are the flags of `tunbench burst`.
type burstOptions struct {
	output
	subject
	planning
	repetitions int
}

const (
	defaultRepetitions = 5
	maxRepetitions     = campaign.MaxRepetitions
)

func (con *console) burstCommand() *cobra.Command {
	var o burstOptions
	cmd := &cobra.Command{
		Use:   "burst [KEY=VALUE | SCENARIO]...",
		Short: "Find the longest burst without loss (RFC 9004)",
		Long:  burstHelp,
		Example: `  tunbench burst dev=tun txqlen=1000
  tunbench burst dev=tap size=1400 -n 50`,
		RunE: func(cmd *cobra.Command, words []string) error { return con.burst(cmd.Context(), o, words) },
	}
	o.repetitions = defaultRepetitions
	cmd.Flags().VarP(number{&o.repetitions, 1, maxRepetitions, "repetitions"}, "repetitions", "n", "search so many times; RFC 9004 wants 50")
	o.subject.add(cmd.Flags())
	o.output.add(cmd.Flags())
	o.planning.add(cmd.Flags())
	return cmd
}

func (con *console) burst(ctx context.Context, o burstOptions, words []string) error {
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
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
	plan.Work = &campaign.Burst{Scenario: s, Repetitions: o.repetitions}
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	_, err = con.measure(ctx, o.output, plan)
	return err
}

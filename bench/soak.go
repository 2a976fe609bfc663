package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/scenario"
)

const soakHelp = `Hold one load for hours and watch what changes: throughput, loss, latency, CPU
time per packet, and the memory of the device under test and of the tester. The
tester's own memory does not grow with the length of the soak.

Each interval has a record of its own, whose ledger balances. Between two
intervals the load pauses for less than a tenth of a second, until the last
packet has arrived. Ctrl-C ends a soak early and prints its summary; the exit
code is then 1.

The words are those of tunbench run, for one scenario. The table shows the summary
only; -o FILE keeps the records of the intervals, and --json prints them.`

// soakOptions are the flags of `tunbench soak`.
type soakOptions struct {
	output
	subject
	planning
	duration, interval time.Duration
}

const (
	defaultSoak     = time.Hour
	defaultInterval = 10 * time.Second
	shortestSoak    = campaign.ShortestSoak
)

func (con *console) soakCommand() *cobra.Command {
	var o soakOptions
	cmd := &cobra.Command{
		Use:     "soak [KEY=VALUE | SCENARIO]...",
		Short:   "Hold one load for hours and watch for drift and leaks",
		Long:    soakHelp,
		Example: `  tunbench soak load=100k --for 8h -o night.jsonl`,
		RunE:    func(cmd *cobra.Command, words []string) error { return con.soak(cmd.Context(), o, words) },
	}
	cmd.Flags().DurationVar(&o.duration, "for", defaultSoak, "how long to hold the load")
	cmd.Flags().DurationVar(&o.interval, "interval", defaultInterval, "length of an interval; each has a record")
	o.subject.add(cmd.Flags())
	o.output.add(cmd.Flags())
	o.planning.add(cmd.Flags())
	return cmd
}

func (o *soakOptions) check() error {
	switch {
	case o.duration < shortestSoak:
		return &usageError{fmt.Errorf("--for %v: want at least %v", o.duration, shortestSoak)}
	case o.interval < campaign.MinInterval || o.interval > campaign.MaxInterval:
		return &usageError{fmt.Errorf("--interval %v: want 100ms to 1h", o.interval)}
	}
	return nil
}

func (con *console) soak(ctx context.Context, o soakOptions, words []string) error {
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	if err := leaveOut(words, "duration", "see --for and --interval"); err != nil {
		return err
	}
	s, err := one(words)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if least := s.LeastPps(o.interval); s.Load.Mode == scenario.LoadPaced && s.Load.Pps < least {
		return &usageError{fmt.Errorf("--interval %v load=%v: less than one packet is due in an interval: want load=%d or more, or a longer interval", o.interval, s.Load, least)}
	}
	plan.Work = &campaign.Soak{Scenario: s, Duration: o.duration, Interval: o.interval}
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	_, err = con.measure(ctx, o.output, plan)
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/scenario"
)

const sweepHelp = `Measure combinations of settings and say which of them mattered.

The words are those of tunbench run; a key with several values is a knob, and a
combination of values is a cell. The full design measures every combination. The
pairwise design measures only so many that any two values of any two knobs meet
in one cell; it shows main effects, but no interactions. Each round measures every
cell once, in a random order.

The table shows the cells, the best first. Below it the knobs are ranked by the
share of the differences that they explain, with the ratio of the highest figure
of a knob's values to the lowest, its 95 % interval, and interactions of two knobs.
Trials that failed, or in which no packet arrived, are left out; the table names
the values that lost trials that way.

With -o FILE an interrupted sweep can be continued: the same command with
--resume measures what is missing. It refuses a file of another design, host,
kernel or tunbench.`

const sweepExamples = `  tunbench sweep proto=tcp offload=none,tso,all engine=sync,uring queues=1,2 -o sweep.jsonl
  tunbench sweep --design pairwise --dry-run dev=tun,tap queues=1,2,4 flows=1,64 txqlen=200,1000
  tunbench sweep proto=tcp qdisc=noqueue,fq_codel sysctl.net.ipv4.tcp_sack=0,1`

// sweepOptions are the flags of `tunbench sweep`.
type sweepOptions struct {
	output
	subject
	planning
	design string
	metric string
	rounds int
	seed   uint32
	dryRun bool
	resume bool
}

const defaultSweepRounds = 3

func (con *console) sweepCommand() *cobra.Command {
	var o sweepOptions
	cmd := &cobra.Command{
		Use:     "sweep [KEY=VALUE,VALUE... | SCENARIO]...",
		Short:   "Measure combinations of settings and say which mattered",
		Long:    sweepHelp,
		Example: sweepExamples,
		RunE:    func(cmd *cobra.Command, words []string) error { return con.sweep(cmd.Context(), o, words) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.design, "design", string(scenario.DesignFull), "which combinations: "+strings.Join(scenario.Designs(), ", "))
	flags.StringVar(&o.metric, "metric", "", "effects on this `metric` (default: what the load is measured for)")
	o.rounds = defaultSweepRounds
	flags.VarP(rounds(&o.rounds), "rounds", "n", "measure every cell so many times")
	flags.Uint32Var(&o.seed, "seed", 0, "`seed` of the random orders (default: made from the words)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print the cells and the time it will take, and measure nothing")
	flags.BoolVar(&o.resume, "resume", false, "measure what is missing in the file of -o, which an interrupted sweep left")
	o.subject.add(flags)
	o.output.add(flags)
	o.planning.add(flags)
	return cmd
}

// work is what flags and words ask for.
func (o *sweepOptions) work(words []string) (*campaign.Sweep, error) {
	design, err := scenario.ParseSweep(words, scenario.Design(o.design))
	if err != nil {
		return nil, err
	}
	if o.resume && o.out == "" {
		return nil, &usageError{errors.New("--resume: want the file of the interrupted sweep, with -o FILE")}
	}
	metric, err := campaign.SweepMetric(o.metric, design.Scenarios)
	if err != nil {
		return nil, err
	}
	return campaign.NewSweep(design, campaign.SweepOptions{Words: words, Design: o.design, Rounds: o.rounds, Seed: o.seed, Metric: metric}), nil
}

func (con *console) sweep(ctx context.Context, o sweepOptions, words []string) error {
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	work, err := o.work(words)
	if err != nil {
		return err
	}
	if n := work.Design.Dropped; n > 0 {
		fmt.Fprintf(con.stderr, "tunbench: left out because of a rule between keys: %d, such as %v\n", n, work.Design.DroppedReason)
	}
	if o.dryRun {
		return con.printText(work.Overview(o.tester))
	}
	plan.Work = work
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	c := con.campaign(o.output)
	c.Resume = o.resume
	out, err := con.carryOut(ctx, o.output, c, plan)
	if out.Whole {
		fmt.Fprintf(con.stderr, "tunbench: nothing is missing in %s\n", o.out)
	}
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

const sweepHelp = `Measure combinations of settings and say which of them mattered.

The words are those of tunbench run; a key with several values is a knob. The
full design measures every combination, the pairwise one so few that every two
values of any two knobs still meet in one: main effects can be told from it,
interactions cannot. Each round measures every cell once, in a random order.

The table shows the cells, the best first, and below it the knobs ranked by the
share of the differences that they explain, with the ratio of each knob's
highest level to its lowest and a 95 % interval, and interactions of two. Trials
that failed or brought nothing through have no part in this; the levels that lost
some, or all, are named.

With -o FILE an interrupted sweep can be taken up again: the same command with
--resume measures what is missing. It refuses a file of another design, host,
kernel or tunbench.`

const sweepExamples = `  tunbench sweep proto=tcp offload=none,tso,all engine=sync,uring queues=1,2 -o sweep.jsonl
  tunbench sweep --design pairwise --dry-run dev=tun,tap queues=1,2,4 flows=1,64 txqlen=200,1000
  tunbench sweep proto=tcp qdisc=noqueue,fq_codel sysctl.net.ipv4.tcp_sack=0,1`

// sweepOptions are the flags of `tunbench sweep`.
type sweepOptions struct {
	output
	subject
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
	flags.VarP(rounds(&o.rounds), "rounds", "n", "measure every cell so often")
	flags.Uint32Var(&o.seed, "seed", 0, "of the random orders (default: made of the words)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print the cells and the time it will take, and measure nothing")
	flags.BoolVar(&o.resume, "resume", false, "measure what is missing in the file of -o, which an interrupted sweep left")
	o.subject.add(flags)
	o.output.add(flags)
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
	return &campaign.Sweep{Cells: design.Scenarios, Design: o.record(design, words, metric)}, nil
}

// record says what is to be measured.
func (o *sweepOptions) record(design scenario.Sweep, words []string, metric results.Metric) results.Sweep {
	r := results.Sweep{
		Words: words, Design: o.design, Seed: uint64(o.seed), Rounds: o.rounds, Metric: metric, Dropped: design.Dropped,
	}
	if o.seed == 0 {
		r.Seed = seedOf(words)
	}
	if design.Why != nil {
		r.DroppedReason = design.Why.Error()
	}
	for _, k := range design.Knobs {
		r.Knobs = append(r.Knobs, results.Knob{Key: k.Key, Values: k.Values})
	}
	return r
}

// seedOf makes the same seed of the same words.
func seedOf(words []string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(words, "\n"))) // it never fails
	return uint64(h.Sum32())
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
		return con.printCells(work, o.tester)
	}
	plan.Work = work
	c := con.campaign(o.output)
	c.Resume = o.resume
	out, err := con.carryOut(ctx, o.output, c, plan)
	if out.Whole {
		fmt.Fprintf(con.stderr, "tunbench: nothing is missing in %s\n", o.out)
	}
	return err
}

// printCells shows what a sweep would measure: its cells by their knobs, how many trials, and how long they take.
func (con *console) printCells(work *campaign.Sweep, t campaign.Tester) error {
	var b strings.Builder
	for _, s := range work.Cells {
		var pairs []string
		for _, k := range work.Design.Knobs {
			if value, ok := s.Value(k.Key); ok {
				pairs = append(pairs, k.Key+"="+value)
			}
		}
		b.WriteString(strings.Join(pairs, " ") + "\n")
	}
	cells, rounds := len(work.Cells), work.Design.Rounds
	fmt.Fprintf(&b, "%s (%s design), %s: %s, about %v\n", results.Count(cells, "cell"), work.Design.Design, results.Count(rounds, "round"),
		results.Count(cells*rounds, "trial"), work.Expected(t).Round(time.Second))
	return con.printText(b.String())
}

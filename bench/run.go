package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/scenario"
)

const runHelp = `Measure scenarios, repeated and interleaved, and print a table of medians.

A scenario is given as key=value words; a key that is left out has its default.
A key can have several values (queues=1,2): every combination is measured. The
name of a scenario, as files and reports show it, can be given as a word too, and
the words after it change it. With --preset the words change every scenario of the
preset.

Each trial has namespaces of its own. In every second round the order is
reversed, so that a drift of the machine affects all scenarios alike.

Settings:
`

const runExamples = `  tunbench run                                  64-byte UDP packets, as fast as it goes
  tunbench run dut=forwarder,route,veth proto=tcp -n 5
  tunbench run size=64 load=50k                 latency at a paced 50,000 packets/s
  tunbench run queues=1,2 flows=8 dev=tun,tap   four scenarios
  tunbench run --preset default -o today.jsonl  then: tunbench report today.jsonl`

// runOptions are the flags of `tunbench run`.
type runOptions struct {
	output
	subject
	planning
	sharing
	preset string
	rounds int
}

func (con *console) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:     "run [KEY=VALUE | SCENARIO]...",
		Short:   "Measure scenarios or a preset, repeated",
		Long:    runHelp + scenario.Help() + "\nPresets:\n" + presetHelp(),
		Example: runExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.sharing.check(cmd.Flags(), args); err != nil {
				return err
			}
			if o.planFile != "" {
				return con.runShard(cmd.Context(), o)
			}
			return con.run(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.preset, "preset", "", "measure a preset: "+strings.Join(presetNames(), ", "))
	flags.VarP(rounds(&o.rounds), "rounds", "n", "measure every scenario so often (default 1, or the preset's)")
	o.subject.add(flags)
	o.output.add(flags)
	o.planning.add(flags)
	o.sharing.add(flags)
	return cmd
}

func presetNames() []string {
	var names []string
	for _, p := range scenario.Presets() {
		names = append(names, p.Name)
	}
	return names
}

func presetHelp() string {
	var b strings.Builder
	for _, p := range scenario.Presets() {
		fmt.Fprintf(&b, "  %-9s %s\n", p.Name, p.Doc)
	}
	return b.String()
}

// work is what flags and words ask for.
func (o *runOptions) work(words []string) (*campaign.Run, error) {
	if o.preset == "" {
		scenarios, err := scenario.Parse(words)
		return &campaign.Run{Scenarios: scenarios, Rounds: max(o.rounds, 1)}, err
	}
	preset, err := scenario.FindPreset(o.preset)
	if err != nil {
		return nil, err
	}
	run := &campaign.Run{Scenarios: preset.Scenarios, Rounds: preset.Rounds}
	if o.rounds > 0 {
		run.Rounds = o.rounds
	}
	if len(words) > 0 {
		run.Scenarios, err = scenario.Override(preset.Scenarios, words)
	}
	return run, err
}

const maxRounds = campaign.MaxRounds

// rounds is a flag for how often something is measured.
func rounds(to *int) number { return number{to, 1, maxRounds, "rounds"} }

func (con *console) run(ctx context.Context, o runOptions, words []string) error {
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	if plan.Work, err = o.work(words); err != nil {
		return err
	}
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	_, err = con.measure(ctx, o.output, plan)
	return err
}

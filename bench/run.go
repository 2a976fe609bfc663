package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

const runHelp = `Measure scenarios, repeated and interleaved, and print a table of medians.

A scenario is given as key=value words; what is left out has its default. A
value can be a list: the cross product is measured. The canonical name of a
scenario, as files and reports show it, is a word too, and words after it
change it. With --preset the words change every scenario of the preset.

Each trial has namespaces of its own. In every second round the order is
reversed, so that a drift of the machine meets all scenarios alike.

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
	tester
	preset string
	rounds int
}

func (a *app) runCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:     "run [KEY=VALUE | SCENARIO]...",
		Short:   "Measure scenarios or a preset, repeated",
		Long:    runHelp + scenario.Help() + "\nPresets:\n" + presetHelp(),
		Example: runExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), o, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.preset, "preset", "", "measure a preset: "+strings.Join(presetNames(), ", "))
	flags.VarP(rounds(&o.rounds), "rounds", "n", "measure every scenario so often (default 1, or the preset's)")
	o.tester.add(flags)
	o.output.add(flags)
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

// plan turns flags and words into a series.
func (o *runOptions) plan(words []string) (measure.Series, error) {
	if o.preset == "" {
		scenarios, err := scenario.Parse(words)
		return measure.Series{Scenarios: scenarios, Rounds: max(o.rounds, 1)}, err
	}
	preset, err := scenario.FindPreset(o.preset)
	if err != nil {
		return measure.Series{}, err
	}
	series := measure.Series{Scenarios: preset.Scenarios, Rounds: preset.Rounds}
	if o.rounds > 0 {
		series.Rounds = o.rounds
	}
	if len(words) > 0 {
		series.Scenarios, err = scenario.Override(preset.Scenarios, words)
	}
	return series, err
}

// maxRounds is far beyond what statistics gain from.
const maxRounds = 10_000

// rounds is a flag for how often something is measured.
func rounds(to *int) number { return number{to, 1, maxRounds, "rounds"} }

func (a *app) run(ctx context.Context, o runOptions, words []string) error {
	series, err := o.plan(words)
	if err != nil {
		return err
	}
	if series.Scenarios, series.Options, err = a.fit(series.Scenarios, o.tester); err != nil {
		return err
	}
	return a.recorded(ctx, o.output, func(keep *records) error { return a.measureSeries(ctx, o.output, o.tester, series, keep) })
}

// measureSeries calibrates the tester, then measures.
func (a *app) measureSeries(ctx context.Context, o output, t tester, series measure.Series, keep *records) (err error) {
	steps := series.Trials() + t.calibrations(series.Scenarios)
	progress := a.progress(o, steps)
	progress.Expect(expected(series.Scenarios, series.Rounds, t) / time.Duration(max(steps, 1)))
	defer progress.Done()
	if series.Options.Tester, err = a.calibrated(ctx, t, keep, progress, series.Scenarios); err != nil {
		return interrupted(ctx, err, 0)
	}
	titles := titlesOf(series.Scenarios)
	series.Starting = func(s scenario.Scenario, round int) {
		progress.Step(fmt.Sprintf("round %d of %d: %s", round+1, series.Rounds, titles[s.Name()]))
	}
	series.Record = func(t results.Trial) error { return keep.write(t) }
	outcome, err := series.Run(ctx)
	if err != nil {
		return interrupted(ctx, err, outcome.Trials)
	}
	if outcome.Failed > 0 {
		return &trialsFailed{outcome.Failed, outcome.Trials}
	}
	return nil
}

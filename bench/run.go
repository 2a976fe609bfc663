package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
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
	preset string
	rounds int
	out    string
	json   bool
	quiet  bool
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
	flags.IntVarP(&o.rounds, "rounds", "n", 0, "measure every scenario so often (default 1, or the preset's)")
	flags.StringVarP(&o.out, "output", "o", "", "keep the records in a new `file` (JSON Lines)")
	flags.BoolVar(&o.json, "json", false, "print the records as JSON Lines instead of the table")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
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
	if o.rounds < 0 || o.rounds > maxRounds {
		return measure.Series{}, &usageError{fmt.Errorf("-n %d: want 1 to %d rounds", o.rounds, maxRounds)}
	}
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

func (a *app) run(ctx context.Context, o runOptions, words []string) (err error) {
	series, err := o.plan(words)
	if err != nil {
		return err
	}
	if err := host.Require(); err != nil {
		return err
	}
	keep, err := a.openRecords(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keep.close()) }()
	if err := keep.write(host.Fingerprint(a.args)); err != nil {
		return err
	}
	progress := ui.NewProgress(a.stderr, series.Trials(), ui.ProgressOptions{Quiet: o.quiet, NoColor: a.noColor})
	defer progress.Done()
	series.Starting = func(s scenario.Scenario, round int) {
		progress.Step(fmt.Sprintf("round %d of %d: %s", round+1, series.Rounds, s.Name()))
	}
	series.Record = func(t results.Trial) error { return keep.write(t) }
	outcome, runErr := series.Run(ctx)
	progress.Done()
	end := results.End{Time: time.Now().UTC(), Status: results.Completed, Trials: outcome.Trials}
	if runErr != nil {
		end.Status, end.Reason = results.Interrupted, runErr.Error()
	}
	if err := keep.write(end); err != nil {
		return errors.Join(runErr, err)
	}
	if !o.json {
		if err := a.printTable(&keep.file); err != nil {
			return errors.Join(runErr, err)
		}
	}
	if runErr != nil {
		return fmt.Errorf("interrupted after %d of %d trials: %w", outcome.Trials, series.Trials(), runErr)
	}
	if outcome.Failed > 0 {
		return fmt.Errorf("%d of %d trials failed", outcome.Failed, outcome.Trials)
	}
	return nil
}

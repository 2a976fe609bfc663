package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// gateOptions are the flags of `tunbench gate`.
type gateOptions struct {
	output
	subject
	planning
	series
	roundsGiven         bool
	baseline, candidate string
	preset              string
	thresholds          string
	markdown, junit     string
	selfTest            bool
	merged              string   // a merged file, whose gates are read
	words               []string // see asked
}

// defaultGate is what is measured when nothing is asked for.
const defaultGate = "ci"

func (con *console) gateCommand() *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:     "gate --baseline FILE|FOLDER|git:REV [KEY=VALUE | SCENARIO]...",
		Short:   "Fail if a build is slower than another, for CI",
		Long:    gateHelpText(),
		Example: gateExamples,
		RunE: func(cmd *cobra.Command, words []string) error {
			if o.merged != "" {
				return con.gateMerged(o, cmd.Flags(), words)
			}
			o.roundsGiven, o.minRoundsGiven = cmd.Flags().Changed("rounds"), cmd.Flags().Changed("min-rounds")
			o.asked(cmd.Flags(), words)
			if o.selfTest {
				return con.gateSelfTest(cmd.Context(), o, words)
			}
			return con.gate(cmd.Context(), o, words)
		},
	}
	o.add(cmd.Flags())
	return cmd
}

func (o *gateOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.baseline, "baseline", "", "the `build` to compare with: FILE, FOLDER or git:REV")
	flags.StringVar(&o.candidate, "candidate", "", "the `build` that may have become slower (default: the running program)")
	flags.StringVar(&o.preset, "preset", "", "measure a preset: "+gatePresets()+" (default: "+defaultGate+" if there are no words)")
	flags.StringVar(&o.thresholds, "thresholds", "", "a YAML `file` of margins, and which metrics are required")
	flags.Var(reportFile(&o.markdown), "markdown", "write a summary for a pull request into a `file`")
	flags.Var(reportFile(&o.junit), "junit", "write JUnit XML into a `file`")
	flags.BoolVar(&o.selfTest, "self-test", false, "prove with the baseline (default: the running program) that the gate can pass and fail")
	flags.StringVar(&o.merged, "merged", "", "measure nothing: judge the gates of all machines in a merged `file`")
	o.series.add(flags, gate.DefaultRounds)
	o.subject.add(flags)
	o.output.add(flags)
	o.planning.add(flags)
}

// asked keeps what the flags and words of a gate say that decides about its figures: not where they go, and not the two programs.
func (o *gateOptions) asked(flags *pflag.FlagSet, words []string) {
	aside := []string{"baseline", "candidate", "output", "markdown", "junit", "json", "quiet", "plan-out", "shards"}
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains(aside, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			values = several.GetSlice()
		}
		for _, value := range values {
			o.words = append(o.words, "--"+f.Name+"="+value)
		}
	})
	o.words = append(o.words, words...)
}

// limits reads the thresholds and settles the rounds: those of the command line, else
// of the file, else the default.
func (o *gateOptions) limits() (gate.Thresholds, error) {
	t := gate.DefaultThresholds()
	if o.thresholds != "" {
		var err error
		if t, err = gate.ReadThresholds(o.thresholds); err != nil {
			return t, &usageError{err}
		}
	}
	if t.Rounds > 0 && !o.roundsGiven {
		o.rounds = t.Rounds
	}
	return t, o.series.check()
}

// scenarios are those that the words or a preset ask for, of the only program where there is one.
func (o *gateOptions) scenarios(programs []*program.File, words []string) ([]scenario.Scenario, error) {
	chosen := runOptions{preset: o.preset}
	if chosen.preset == "" && len(words) == 0 {
		chosen.preset = defaultGate
	}
	if len(programs) == 1 && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, "dut=") }) {
		words = append(slices.Clone(words), "dut="+programs[0].Name)
	}
	run, err := chosen.work(words)
	if err != nil {
		return nil, err
	}
	return run.Scenarios, nil
}

// work is what flags and words ask for.
func (o *gateOptions) work(programs []*program.File, words []string) (*campaign.Gate, error) {
	thresholds, err := o.limits()
	if err != nil {
		return nil, err
	}
	scenarios, err := o.scenarios(programs, words)
	if err != nil {
		return nil, err
	}
	work := &campaign.Gate{
		Scenarios: scenarios, Thresholds: thresholds, Length: o.length(), Baseline: o.baseline, Candidate: o.candidate, Words: o.words,
	}
	if err := work.Check(); err != nil {
		return nil, err
	}
	if scenarios[0].IsProgram() { // there is no build of it in this process
		work.Baseline, work.Candidate = cmp.Or(o.baseline, "."), cmp.Or(o.candidate, ".")
	}
	return work, nil
}

func (con *console) gate(ctx context.Context, o gateOptions, words []string) (err error) {
	if o.baseline == "" {
		return &usageError{errors.New("--baseline: want the build to compare with: FILE, FOLDER or git:REV")}
	}
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	if plan.Work, err = o.work(plan.Programs, words); err != nil {
		return err
	}
	if done, err := con.planned(o.planning, o.output, plan); done {
		return err
	}
	reports, err := createReports(o.markdown, o.junit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reports.Discard()) }()
	out, err := con.measure(ctx, o.output, plan)
	if err != nil {
		return err
	}
	if err := reports.Commit(out.Gate); err != nil {
		return err
	}
	return gateVerdict(out.Gate)
}

// gateVerdict turns a report into an exit code.
func gateVerdict(r gate.Report) error {
	switch r.Verdict() {
	case results.GateWorse:
		return fmt.Errorf("gate: %w", errRegression)
	case results.GateFailed:
		return fmt.Errorf("gate: the candidate %w", errCandidateFailed)
	case results.GateInconclusive:
		return fmt.Errorf("gate: %w", errInconclusive)
	}
	return nil
}

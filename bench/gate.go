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
	"tunbench/results/analysis"
)

const gateHelp = `Compare a candidate build of tunbench with a baseline, and say with the exit code
whether it became slower.

A program is given as FILE, a tunbench binary; FOLDER, a copy of the source as it
stands (. is this one); or git:REV, a revision of the repository here. Source is
built with go build ./bench in a temporary folder. The default candidate is this
program itself.

With --program FILE it is a program of others that is compared: git:REV is a
revision of the repository that its file lies in, . (the default candidate) the
files there as they stand. Each is copied, and built as the program file says.

Each scenario is a series of tunbench ab, A the baseline and B the candidate. If
a required metric is worse, the scenario is measured once more after the others,
in another order; only what is worse in both series is a regression. If the
second finds it not worse it is "not confirmed", and no failure; if the second
cannot tell, nor can the gate. What is somewhere between same and better is "not
worse", and passes. Metrics that are not required are reported.

The words are those of tunbench run; without any it is the preset ci, which takes
two to four minutes, and one more for each scenario that is measured again.

Thresholds are YAML, a file as this one:

  confidence: 0.95
  rounds: %d
  metrics:
    forwarded_pps: {margin: 3%%}
    latency_ns.p99: {margin: 30%%, required: true}

What it leaves out is as here. A change within the margin is none. Metrics in
brackets are not required:
%s
With --self-test the baseline is compared with itself, which must find nothing
worse, and with itself slowed by %g %%, which must fail: about two minutes. Where
the machine is too noisy to tell, it is slowed by %g %%, and both are said.

Where the candidate brought nothing through in a trial and the baseline did, it
is worse without a second series. A round in which a required metric has no
ratio, since a figure is absent or that of the baseline is 0, is named, and the
metric is inconclusive.

Exit codes: 0 nothing is worse and every required metric is decided; 1 failure: a
trial of the candidate failed and none of the baseline did, or the self-test
failed, or the run was interrupted; 2 wrong usage; 3 a required metric is worse;
4 none is, but one is inconclusive, nothing required was measured, or a trial of
the baseline failed; 5 this host or user cannot measure. A CI job that lets a
noisy runner pass lets pass 4, and nothing else.`

const gateExamples = `  tunbench gate --baseline git:main             this program against the main branch
  tunbench gate --baseline old/tunbench --candidate new/tunbench size=1400 flows=64
  tunbench gate --baseline git:v1.2 --candidate . --markdown summary.md --junit gate.xml -o gate.jsonl
  tunbench gate --program mine.yaml --baseline git:main --candidate .
  tunbench gate --self-test                     can it fail?`

// gateOptions are the flags of `tunbench gate`.
type gateOptions struct {
	output
	subject
	series
	roundsGiven         bool
	baseline, candidate string
	preset              string
	thresholds          string
	markdown, junit     string
	selfTest            bool
	words               []string // see asked
}

// defaultGate is what is measured when nothing is asked for.
const defaultGate = "ci"

func (con *console) gateCommand() *cobra.Command {
	var o gateOptions
	cmd := &cobra.Command{
		Use:     "gate --baseline FILE|FOLDER|git:REV [KEY=VALUE | SCENARIO]...",
		Short:   "Fail if a build is slower than another, for CI",
		Long:    fmt.Sprintf(gateHelp, gate.DefaultRounds, metricsHelp(), 100*selfTestHandicaps[0], 100*selfTestHandicaps[1]),
		Example: gateExamples,
		RunE: func(cmd *cobra.Command, words []string) error {
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
	flags.StringVar(&o.baseline, "baseline", "", "the `program` to compare with: FILE, FOLDER or git:REV")
	flags.StringVar(&o.candidate, "candidate", "", "the `program` that may have become slower (default: this one)")
	flags.StringVar(&o.preset, "preset", "", "measure a preset: "+gatePresets()+" (default: "+defaultGate+" if there are no words)")
	flags.StringVar(&o.thresholds, "thresholds", "", "a YAML `file` of margins, and which metrics are required")
	flags.StringVar(&o.markdown, "markdown", "", "write a summary for a pull request into a `file`")
	flags.StringVar(&o.junit, "junit", "", "write JUnit XML into a `file`")
	flags.BoolVar(&o.selfTest, "self-test", false, "prove that the gate can pass and fail, with the baseline (default: this program)")
	o.series.add(flags, gate.DefaultRounds)
	o.subject.add(flags)
	o.output.add(flags)
}

// gatePresets lists those that a gate measures as they are, and those that want a word more.
func gatePresets() string {
	var whole, others []string
	for _, p := range scenario.Presets() {
		if slices.ContainsFunc(p.Scenarios, func(s scenario.Scenario) bool { return s.DUT != scenario.Forwarder }) {
			others = append(others, p.Name)
		} else {
			whole = append(whole, p.Name)
		}
	}
	return strings.Join(whole, ", ") + "; with the word dut=forwarder also " + strings.Join(others, ", ")
}

// metricsHelp lists what can be required.
func metricsHelp() string {
	var b strings.Builder
	t := gate.DefaultThresholds()
	for _, m := range analysis.ArmMetrics() {
		name := string(m)
		if !t.Requires(m) {
			name = "[" + name + "]"
		}
		fmt.Fprintf(&b, "  %-29s %g%%\n", name, 100*t.Metrics[m].Margin)
	}
	return b.String()
}

// asked keeps what the flags and words of a gate say that decides about its figures: not where they go, and not the two programs.
func (o *gateOptions) asked(flags *pflag.FlagSet, words []string) {
	aside := []string{"baseline", "candidate", "output", "markdown", "junit", "json", "quiet"}
	flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(aside, f.Name) {
			o.words = append(o.words, "--"+f.Name+"="+f.Value.String())
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
	for _, s := range run.Scenarios {
		switch {
		case s.DUT != scenario.Forwarder && !s.IsProgram():
			return nil, &usageError{fmt.Errorf("dut=%s: a gate compares builds of dut=forwarder, or of a program of --program; add that word to measure only these", s.DUT)}
		case s.DUT != run.Scenarios[0].DUT:
			return nil, &usageError{fmt.Errorf("dut=%s and dut=%s: a gate compares builds of one program; add the word of one to measure only that", run.Scenarios[0].DUT, s.DUT)}
		}
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
	if scenarios[0].IsProgram() { // there is no build of it in this process
		work.Baseline, work.Candidate = cmp.Or(o.baseline, "."), cmp.Or(o.candidate, ".")
	}
	return work, nil
}

func (con *console) gate(ctx context.Context, o gateOptions, words []string) (err error) {
	if o.baseline == "" {
		return &usageError{errors.New("--baseline: want the program to compare with: FILE, FOLDER or git:REV")}
	}
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	if plan.Work, err = o.work(plan.Programs, words); err != nil {
		return err
	}
	reports, err := createReports(o.markdown, o.junit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reports.discard()) }()
	out, err := con.measure(ctx, o.output, plan)
	if err != nil {
		return err
	}
	if err := reports.commit(out.Gate); err != nil {
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

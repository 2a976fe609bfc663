package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tunbench/bench/internal/bisect"
	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
	"tunbench/results/report"
)

const bisectHelp = `Find the commit that made a program slower. GOOD and BAD are revisions, BAD a later
one than GOOD on the same branch. Without --program it is tunbench itself, of the
repository in the current folder; with --program FILE it is the program that FILE
describes, built as its build command says, of the repository that FILE lies in.

Each step builds a commit in a temporary folder and compares it with GOOD in
turns, as tunbench gate does and by its thresholds: first BAD, then the commit in
the middle of those that may be the slow one. The working copy stays as it is.

  * Only figures that are worse in BAD are looked at after that.
  * A step that is inconclusive is measured again with twice as many rounds, up to
    --again times. If it stays so, a commit beside it takes its place.
  * A commit that does not build, or fails where GOOD does not, is skipped, and a
    commit beside it takes its place.
  * In the end the commit that was found is compared with the one before it.

Commits are those of first parents: a merge counts as one, and the answer says so.
The words after -- are those of tunbench run; without words the preset ci is
measured. Fewer scenarios make it faster: name the one that became slower.

Exit codes: 0 the commit is found and confirmed; 1 BAD is not slower than GOOD, or a
failure; 2 wrong usage; 4 inconclusive: the answer is one of several commits, or
not confirmed; 5 this host or user cannot measure or build.`

const bisectExamples = `  tunbench bisect v1.0 main -- size=64 dir=bi
  tunbench bisect HEAD~16 HEAD --program vpn.yaml -- size=1400 load=max`

const (
	// defaultAgain makes the last series of a step four times as long as the first.
	defaultAgain = 2
	mostAgain    = 5
)

// bisectOptions are the flags of `tunbench bisect`.
type bisectOptions struct {
	output
	subject
	series
	roundsGiven bool
	preset      string
	thresholds  string
	again       int
}

func (con *console) bisectCommand() *cobra.Command {
	var o bisectOptions
	cmd := &cobra.Command{
		Use:     "bisect GOOD BAD [KEY=VALUE | SCENARIO]...",
		Short:   "Find the commit that made a program slower",
		Long:    bisectHelp,
		Example: bisectExamples,
		Args:    usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, words []string) error {
			o.roundsGiven, o.minRoundsGiven = cmd.Flags().Changed("rounds"), cmd.Flags().Changed("min-rounds")
			return con.bisect(cmd.Context(), o, words[0], words[1], words[2:])
		},
	}
	o.add(cmd.Flags())
	return cmd
}

func (o *bisectOptions) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.preset, "preset", "", "measure a preset: "+gatePresets()+" (default: "+defaultGate+" if there are no words)")
	flags.StringVar(&o.thresholds, "thresholds", "", "a YAML `file` of margins, and which metrics are required, as tunbench gate has it")
	flags.IntVar(&o.again, "again", defaultAgain, "measure an inconclusive step so many times more")
	o.series.add(flags, gate.DefaultRounds)
	o.subject.add(flags)
	o.output.add(flags)
}

func (con *console) bisect(ctx context.Context, o bisectOptions, good, bad string, words []string) error {
	if o.again < 0 || o.again > mostAgain {
		return &usageError{fmt.Errorf("--again %d: want 0 to %d times", o.again, mostAgain)}
	}
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	// The same thresholds, rounds and scenarios as a gate.
	asGate := gateOptions{series: o.series, roundsGiven: o.roundsGiven, preset: o.preset, thresholds: o.thresholds}
	thresholds, err := asGate.limits()
	if err != nil {
		return err
	}
	scenarios, err := asGate.scenarios(plan.Programs, words)
	if err != nil {
		return err
	}
	work := &campaign.Bisect{
		Scenarios: scenarios, Thresholds: thresholds, Length: asGate.length(), Good: good, Bad: bad, Again: o.again, Words: o.repeat(words),
	}
	if err := work.Check(); err != nil {
		return err
	}
	plan.Work = work
	out, err := con.campaign(o.output).Run(ctx, plan)
	if out.Bisected != nil && len(out.Bisected.Steps) > 0 && !o.json {
		err = errors.Join(err, con.printText(bisectText(out.Bisected, err == nil)))
	}
	if err != nil {
		return err
	}
	return bisectVerdict(out.Bisected)
}

// repeat are the words of a gate that repeats a step.
func (o *bisectOptions) repeat(words []string) []string {
	var all []string
	for _, file := range o.files {
		all = append(all, "--program="+file)
	}
	if o.preset != "" {
		all = append(all, "--preset="+o.preset)
	}
	if o.thresholds != "" {
		all = append(all, "--thresholds="+o.thresholds)
	}
	return append(all, words...)
}

// bisectVerdict turns an answer into an exit code.
func bisectVerdict(b *campaign.Bisected) error {
	switch b.Result.Answer {
	case bisect.Found:
		return nil
	case bisect.NotSlower:
		return fmt.Errorf("bisect: %s", b.Headline())
	}
	return fmt.Errorf("bisect: %s: %w", b.Headline(), errInconclusive)
}

// bisectText is a table of the steps, and the answer below it where the search came to its end.
func bisectText(b *campaign.Bisected, ended bool) string {
	rows := [][]string{{"commit", "compared with", "verdict", "figure", "change", "interval", "rounds", "subject"}}
	for _, s := range b.Steps {
		row := []string{b.Commits[s.Commit].Hash, compared(b.Commits, s.Earlier), string(s.Verdict), "", "", "", "", b.Commits[s.Commit].Subject}
		if f := s.Decisive(); f != nil {
			row[3], row[4], row[5] = report.Label(f.First.Metric), report.Change(f.First), report.ChangeInterval(f.First)
		}
		if s.Rounds > 0 {
			row[6] = fmt.Sprint(s.Rounds)
		}
		rows = append(rows, row)
	}
	text := columns(rows)
	if !ended {
		return text
	}
	text += "\n" + b.Headline() + "\n"
	if suspects := b.Suspects(); len(suspects) > 1 {
		text += suspectLines(suspects)
	}
	return text
}

// suspectLines names commits, of many the first and the last.
func suspectLines(commits []program.Commit) (text string) {
	const atEachEnd = 4
	for i, c := range commits {
		switch {
		case i < atEachEnd || i >= len(commits)-atEachEnd || len(commits) == 2*atEachEnd+1:
			text += "  " + c.Hash + "  " + c.Subject + "\n"
		case i == atEachEnd:
			text += fmt.Sprintf("  … %d more; the records of --json and -o name all\n", len(commits)-2*atEachEnd)
		}
	}
	return text
}

func compared(commits []program.Commit, earlier int) string {
	if earlier == 0 {
		return "GOOD"
	}
	return commits[earlier].Hash
}

// columns lays out rows with two blanks between columns, the last one as it is.
func columns(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-len([]rune(cell))+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

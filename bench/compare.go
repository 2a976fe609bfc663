package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

const compareHelp = `Compare two result files of tunbench run, scenario by scenario.

For every scenario and metric that both files have, the table shows the medians
with their 95 % intervals, the ratio of new to old, the p value of the test of
Mann and Whitney, and a verdict:

  better, worse  p, corrected for the number of rows (Holm), is below 0.05,
                 however small the change
  same           the ratio is shown to lie within the margin
  inconclusive   neither is shown

If packets arrived in every trial of the old file, and none did in a trial of the
new one, the new file is worse, whatever the statistics say. If trials of the new
file failed and none of the old one did, no row is same or better.

Medians, intervals and p are computed as benchstat does. They need at least 6
trials in each file (tunbench run -n 6), more where many rows are compared at
once. Trials that failed or were interrupted are left out, and so are trials of
tunbench ab, search, burst and soak. Scenarios and metrics that only one file has
are listed; with --json as records of kind "unmatched".

Files measured one after the other on a shared machine differ by 10 to 30 %
though nothing changed: if you can, use tunbench ab, which measures in turns.
Files of different hosts or kernels are refused without --unlike. Of merged files
--machine chooses one machine: trials of several are never taken together.

Exit codes: 0 at least one row is decided, none is worse, and nothing speaks
against it; 1 a file cannot be read, or trials of a scenario failed in the new
file and none did in the old one; 2 wrong usage, unlike hosts, or no scenario in
common; 3 at least one row is worse; 4 no row is decided, or the rows are not all
there is: a scenario or metric of the old file is not in the new one, all trials
of a scenario failed or forwarded no packet, a row has too few trials, or is
undecided though its whole interval lies beyond the margin.`

const compareExamples = `  tunbench compare old.jsonl new.jsonl
  tunbench compare --margin 2 old.jsonl new.jsonl    same only within ±2 %
  tunbench compare --json old.jsonl new.jsonl | jq -r 'select(.verdict == "worse") | .scenario'`

// compareOptions are the flags of `tunbench compare`.
type compareOptions struct {
	margin float64 // percent
	unlike bool
	json   bool
	oneMachine
}

func (con *console) compareCommand() *cobra.Command {
	var o compareOptions
	cmd := &cobra.Command{
		Use:     "compare OLD NEW",
		Short:   "Compare two result files",
		Long:    compareHelp,
		Example: compareExamples,
		Args:    usageArgs(cobra.ExactArgs(2)),
		RunE:    func(_ *cobra.Command, args []string) error { return con.compare(o, args[0], args[1]) },
	}
	flags := cmd.Flags()
	flags.Float64Var(&o.margin, "margin", 5, "same is a ratio shown to lie within ±`percent`")
	flags.BoolVar(&o.unlike, "unlike", false, "compare files of different hosts or kernels, and say what differs")
	flags.BoolVar(&o.json, "json", false, "print a record per row as JSON Lines instead of the table; warnings go to standard error")
	o.oneMachine.add(flags)
	return cmd
}

func (con *console) compare(o compareOptions, oldPath, newPath string) error {
	if !(o.margin >= 0 && o.margin < 100) { // NaN is neither
		return &usageError{fmt.Errorf("--margin %v: want percent, at least 0 and below 100", o.margin)}
	}
	for _, path := range []string{oldPath, newPath} {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return &usageError{fmt.Errorf("compare: %s is a folder: name two files; tunbench history takes folders", path)}
		}
	}
	before, err := o.readOne(oldPath)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	after, err := o.readOne(newPath)
	if err != nil {
		return fmt.Errorf("compare: %w", err)
	}
	if unlike := report.HostDifferences(before.Host, after.Host); len(unlike) > 0 && !o.unlike {
		return &usageError{fmt.Errorf("compare: the files are of unlike hosts: %s; --unlike compares them all the same", strings.Join(unlike, "; "))}
	}
	c, err := analysis.CompareFiles(before, after, o.margin/100)
	if err != nil {
		return &usageError{fmt.Errorf("compare: %w", err)}
	}
	if err := con.printComparison(c, o.json); err != nil {
		return err
	}
	return verdictOf(c)
}

func (con *console) printComparison(c *analysis.FileComparison, json bool) error {
	if !json {
		return con.printText(report.FilesTable(c, con.tableOptions()))
	}
	for _, row := range c.Rows {
		if err := results.Print(con.stdout, row); err != nil {
			return err
		}
	}
	for _, unmatched := range report.UnmatchedRecords(c) {
		if err := results.Print(con.stdout, unmatched); err != nil {
			return err
		}
	}
	for _, warning := range report.FilesWarnings(c) {
		if _, err := io.WriteString(con.stderr, "warning: "+warning+"\n"); err != nil {
			return fmt.Errorf("print warning: %w", err)
		}
	}
	return nil
}

// verdictOf turns what was found into an exit code.
func verdictOf(c *analysis.FileComparison) error {
	verdict := c.Verdict()
	switch {
	case verdict == results.VerdictWorse:
		return fmt.Errorf("compare: %d of %s: %w", c.Count(results.VerdictWorse), results.Count(len(c.Rows), "row"), errRegression)
	case len(c.Failed) > 0:
		return fmt.Errorf("compare: %w: trials failed in the new file, and none in the old one: %s", errCandidateFailed, strings.Join(c.Failed, ", "))
	case verdict == results.VerdictInconclusive && c.Count(results.VerdictInconclusive) == len(c.Rows) && len(c.Rows) > 0:
		return fmt.Errorf("compare: %d of %s: %w", len(c.Rows), results.Count(len(c.Rows), "row"), errInconclusive)
	case verdict == results.VerdictInconclusive:
		return fmt.Errorf("compare: %w: %s", errInconclusive, strings.Join(report.Undecided(c.Open()), "; "))
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/page"
)

const historyHelp = `Read many result files as a history, and find where a figure changed.

Files are put in the order in which their runs began; of a directory all *.jsonl
in it are taken. Each scenario and metric is a series. Where the runs have a
reference under the same load (dut=route, bridge, veth, wireguard-go or netpoll),
the series is the ratio to it, round by round: a machine changes from day to day
by more than a program, and the reference changes with it. A series without one
says so. Ratios that ab and gate found are series as they are. What has no place in
a history is named and left out: searches, bursts and soaks, bisects, and ratios to a
program that was slowed on purpose (gate --self-test, handicap=).

A change is a place where the level of a series changes, found by E-Divisive with
a permutation test that allows for runs which resemble the one before
(--significance). Runs whose CPUs were far from each other are made comparable
with the others first. It takes 8 runs, and a change shows from the third run
after it.

A series is meant to be of one machine. Runs of several are named in a warning; of
merged files --machine chooses one machine.

Exit codes: 0 nothing became worse; 1 a file cannot be read; 2 wrong usage; 3 the
newest level of a series is worse than the one before, or than that before the
newest runs (--recent), by more than the metric's margin, or nothing comes through
in a trial of the newest run, and did in all before; 4 that is so for a series
without a reference, or the machine changed at the same run, or the newest run or a
trial of it lacks a figure that 8 runs have, or no series has 8 runs.`

const historyExamples = `  tunbench history results/
  tunbench history --recent 20 nightly/*.jsonl     for CI: fail on a change in the last twenty
  tunbench history --html results/ > history.html
  tunbench history --json results/ | jq 'select(.changes) | .scenario'`

// historyOptions are the flags of `tunbench history`.
type historyOptions struct {
	analysis.HistoryOptions
	json, markdown, html bool
	oneMachine
}

func (con *console) historyCommand() *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:     "history DIR|FILE...",
		Short:   "Result files over time: where did a figure change?",
		Long:    historyHelp,
		Example: historyExamples,
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE:    func(_ *cobra.Command, args []string) error { return con.history(o, args) },
	}
	flags := cmd.Flags()
	flags.Float64Var(&o.Significance, "significance", 0.01, "the `probability` of a false change in a series without one")
	flags.IntVar(&o.Recent, "recent", 10, "the newest `runs` in which a change for the worse is a regression")
	flags.BoolVar(&o.Absolute, "absolute", false, "take figures as they are, not as ratios to a reference")
	flags.BoolVar(&o.json, "json", false, "print a record per series as JSON Lines instead of the tables; warnings go to standard error")
	flags.BoolVar(&o.markdown, "markdown", false, "print the tables in Markdown")
	flags.BoolVar(&o.html, "html", false, "print a page with a chart of each series")
	o.oneMachine.add(flags)
	return cmd
}

func (con *console) history(o historyOptions, args []string) error {
	switch {
	case !(o.Significance >= 0.004 && o.Significance <= 0.5): // NaN is neither; 500 shuffles tell nothing below
		return &usageError{fmt.Errorf("--significance %v: want 0.004 to 0.5", o.Significance)}
	case o.Recent < 1:
		return &usageError{fmt.Errorf("--recent %d: want a number of runs, at least 1", o.Recent)}
	case o.json && o.markdown, o.json && o.html, o.markdown && o.html:
		return &usageError{errors.New("--json --markdown --html: give one of them")}
	}
	paths, err := resultFiles("history", args)
	if err != nil {
		return err
	}
	files := make([]*results.File, len(paths))
	for i, path := range paths {
		if files[i], err = o.readOne(path); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	h, err := analysis.NewHistory(files, paths, o.HistoryOptions)
	if err != nil {
		return &usageError{fmt.Errorf("history of %s: %w", results.Count(len(files), "file"), err)}
	}
	if err := con.printHistory(h, o); err != nil {
		return err
	}
	switch h.Verdict() {
	case results.VerdictWorse:
		return fmt.Errorf("history: %w", errRegression)
	case results.VerdictInconclusive:
		return fmt.Errorf("history: %w", errInconclusive)
	}
	return nil
}

func (con *console) printHistory(h *analysis.History, o historyOptions) error {
	switch {
	case o.html:
		return page.WriteHistory(con.stdout, h)
	case o.markdown:
		return con.printText(report.HistoryTable(h, report.Options{Markdown: true}))
	case !o.json:
		return con.printText(report.HistoryTable(h, con.tableOptions()))
	}
	for _, s := range slices.Concat(h.Series, h.Short) {
		if err := results.Print(con.stdout, report.HistoryRecord(h, s)); err != nil {
			return err
		}
	}
	for _, warning := range report.HistoryWarnings(h) {
		if _, err := fmt.Fprintln(con.stderr, "warning:", warning); err != nil {
			return fmt.Errorf("print warning: %w", err)
		}
	}
	return nil
}

// resultFiles is the files themselves, and those of directories whose name ends in .jsonl. None twice.
func resultFiles(command string, args []string) ([]string, error) {
	var paths []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		if !info.IsDir() {
			paths = append(paths, filepath.Clean(arg))
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		found := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || !strings.HasSuffix(e.Name(), ".jsonl") })
		if len(found) == 0 {
			return nil, &usageError{fmt.Errorf("%s: %s: no *.jsonl in it", command, arg)}
		}
		for _, e := range found {
			paths = append(paths, filepath.Join(arg, e.Name()))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

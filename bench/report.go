package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/page"
)

const reportHelp = `Print the table of a result file: per scenario the median over its trials and
their spread; comparisons, calibrations, searches, bursts and soaks likewise. A
file whose run was interrupted, or is still going on, can be read too; what is
missing is said below the table. A merged file of many machines shows on how many
B is better, how far the machines lie apart, and what about them goes with it;
--machine shows what one of them measured. On a terminal the text fits its width; into a
file or a pipe no line is broken, so that a warning is one line for grep.

Formats:
`

const reportExamples = `  tunbench report results/20260101T120000Z-myhost.jsonl
  tunbench report --format markdown today.jsonl >> "$GITHUB_STEP_SUMMARY"
  tunbench report --format gobench old.jsonl > old.txt    and likewise new.jsonl; then
  benchstat -ignore tunbench old.txt new.txt              -ignore: their versions differ
  tunbench report --format otava results/*.jsonl > history.csv
  tunbench report --format html today.jsonl > today.html
  tunbench report merged.jsonl                 many machines; one of them: --machine NAME
  tunbench report --against dut=forwarder today.jsonl
  tunbench report --hdr mine.jsonl > mine.hlog`

// reportFormat is a form in which a result file can be printed.
type reportFormat struct {
	name, doc string
	print     func(*console, ...*results.File) error
	many      bool // takes several files
	merged    bool // shows the machines of a merged file as what they are
}

func reportFormats() []reportFormat {
	return []reportFormat{
		{"text", "the table, for a terminal", single((*console).printTable), false, true},
		{"markdown", "the table, for GitHub", single((*console).printMarkdown), false, true},
		{htmlFormat, "a page with charts, one file that asks nothing of any server; several files are compared", writtenTogether(page.Write), true, true},
		{"json", "of a merged file, what all machines say together: a record for each comparison and metric", single((*console).printAcross), false, true},
		{"csv", "a line per trial with every metric, a header first", written(report.WriteCSV), false, true},
		{"gobench", "a line per trial in the Go benchmark format, which benchstat reads", written(report.WriteGoBench), false, true},
		{"openmetrics", "medians as OpenMetrics with their time, for Prometheus: promtool tsdb create-blocks-from openmetrics", written(report.WriteOpenMetrics), false, false},
		{"bencher", "medians in the Bencher Metric Format: bencher run --adapter json --file …", written(report.WriteBencher), false, false},
		{"github-bigger", "JSON for github-action-benchmark, tool customBiggerIsBetter: rates", written(report.WriteActionBigger), false, false},
		{"github-smaller", "the same for customSmallerIsBetter: losses, times and costs", written(report.WriteActionSmaller), false, false},
		{"otava", "CSV for Apache Otava: a line per file, a column per scenario and metric", writtenTogether(report.WriteOtava), true, false},
	}
}

func reportFormatNames() []string {
	var names []string
	for _, f := range reportFormats() {
		names = append(names, f.name)
	}
	return names
}

func (con *console) reportCommand() *cobra.Command {
	var hdr bool
	var format, against string
	var o oneMachine
	help := reportHelp
	for _, f := range reportFormats() {
		help += fmt.Sprintf("  %-15s %s\n", f.name, f.doc)
	}
	cmd := &cobra.Command{
		Use:     "report FILE...",
		Short:   "Print a result file: as a table, in Markdown, for other tools",
		Long:    strings.TrimSuffix(help, "\n"),
		Example: reportExamples,
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if hdr && cmd.Flags().Changed("format") {
				return &usageError{fmt.Errorf("--format %s --hdr: give one of them", format)}
			}
			if cmd.Flags().Changed("against") {
				if hdr || format != "text" && format != "markdown" {
					return &usageError{errors.New("--against prints --format text or markdown")}
				}
				return con.reportAgainst(o, args, against, format == "markdown")
			}
			return con.report(o, args, format, hdr)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "the `form`: "+strings.Join(reportFormatNames(), ", "))
	cmd.Flags().StringVar(&against, "against", "", "print ratios instead: each scenario with these `WORDS`, such as \"dut=forwarder\", against every other one under the same load")
	cmd.Flags().BoolVar(&hdr, "hdr", false, "print the latency histograms in HdrHistogram's log format")
	o.add(cmd.Flags())
	return cmd
}

func (con *console) report(o oneMachine, paths []string, format string, hdr bool) error {
	for _, f := range reportFormats() {
		if f.name != format {
			continue
		}
		if hdr {
			f.print, f.merged = written(report.WriteHdrLog), false
		}
		if len(paths) > 1 && !f.many {
			return &usageError{fmt.Errorf("%d files: --format %s prints one; tunbench compare sets two side by side", len(paths), format)}
		}
		if f.name == htmlFormat && len(paths) == 1 && o.name == "" {
			// What check found is no result file: it has no host, no trials and no figures.
			cases, err := results.ReadCases(paths[0])
			if err == nil {
				return printed(con, func(w io.Writer) error { return page.WriteCases(w, cases) })
			}
			if !errors.Is(err, results.ErrNoCases) {
				return fmt.Errorf("report: %w", err)
			}
		}
		files := make([]*results.File, len(paths))
		for i, path := range paths {
			var err error
			if files[i], err = o.read(path); err != nil {
				return fmt.Errorf("report: %w", err)
			}
			if !f.merged || len(paths) > 1 {
				if err := notMerged(files[i], path); err != nil {
					return err
				}
			}
		}
		return f.print(con, files...)
	}
	return &usageError{fmt.Errorf("--format %s: want one of %s", format, strings.Join(reportFormatNames(), ", "))}
}

// printAcross prints what the machines of a merged file say together, as JSON Lines.
func (con *console) printAcross(f *results.File) error {
	if f.Merge == nil {
		return &usageError{errors.New("--format json is for merged files: a result file of one machine is JSON Lines itself")}
	}
	fleet, err := analysis.FleetOf(f)
	if err != nil {
		return err
	}
	for _, record := range report.AcrossRecords(fleet) {
		if err := results.Print(con.stdout, record); err != nil {
			return err
		}
	}
	return nil
}

// htmlFormat is the page, which takes what check found too.
const htmlFormat = "html"

// printed prints what a function writes.
func printed(con *console, write func(io.Writer) error) error {
	out := bufio.NewWriter(con.stdout)
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print report: %w", err)
	}
	return nil
}

// single prints one file.
func single(print func(*console, *results.File) error) func(*console, ...*results.File) error {
	return func(con *console, files ...*results.File) error { return print(con, files[0]) }
}

// written prints what a function of package report writes of one file.
func written(write func(io.Writer, *results.File) error) func(*console, ...*results.File) error {
	return writtenTogether(func(w io.Writer, files ...*results.File) error { return write(w, files[0]) })
}

// writtenTogether prints what a function of package report writes of all files.
func writtenTogether(write func(io.Writer, ...*results.File) error) func(*console, ...*results.File) error {
	return func(con *console, files ...*results.File) error {
		return printed(con, func(w io.Writer) error { return write(w, files...) })
	}
}

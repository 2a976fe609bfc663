package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tunbench/results"
)

func (a *app) reportCommand() *cobra.Command {
	var hdr bool
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "Print the table of a result file",
		Long: `Print the table of a result file: per scenario the median over its trials and
their spread; comparisons, calibrations, searches, bursts and soaks likewise. A
file whose run was interrupted, or is still going on, can be read too; what is
missing is said below the table.`,
		Example: `  tunbench report results/20260101T120000Z-myhost.jsonl
  tunbench report --hdr mine.jsonl > mine.hlog`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := results.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("report: %w", err)
			}
			if hdr {
				return printHdrLog(a.stdout, file)
			}
			return a.printTable(file)
		},
	}
	cmd.Flags().BoolVar(&hdr, "hdr", false, "print the latency histograms in HdrHistogram's log format")
	return cmd
}

func printHdrLog(w io.Writer, file *results.File) error {
	out := bufio.NewWriter(w)
	if err := results.WriteHdrLog(out, file); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("print histograms: %w", err)
	}
	return nil
}

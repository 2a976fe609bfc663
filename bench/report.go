package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tunbench/results"
)

func (a *app) reportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report FILE",
		Short: "Print the table of a result file",
		Long: `Print the table of a result file: per scenario the median over its trials and
their spread. A file whose run was interrupted, or is still going on, can be
read too; what is missing is said below the table.`,
		Example: "  tunbench report results/20260101T120000Z-myhost.jsonl",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := results.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("report: %w", err)
			}
			return a.printTable(file)
		},
	}
}

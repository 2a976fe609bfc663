package main

import (
	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut/tunnel/plain"
)

// tunnelEndCommand is hidden: the harness starts it at each end of dut=plain.
func (con *console) tunnelEndCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "tunnel-end CONFIG",
		Short:  "Be one end of dut=plain",
		Hidden: true,
		Args:   usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return plain.Serve(cmd.Context(), args[0], con.stdout, con.stderr)
		},
	}
}

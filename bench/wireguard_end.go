package main

import (
	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut/tunnel/wireguard"
)

// wireGuardEndCommand is hidden: the harness starts it at each end of dut=wireguard-go.
func (con *console) wireGuardEndCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "wireguard-end CONFIG",
		Short:  "Be one end of dut=wireguard-go",
		Hidden: true,
		Args:   usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return wireguard.Serve(cmd.Context(), args[0], con.stdout)
		},
	}
}

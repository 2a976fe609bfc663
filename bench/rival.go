package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/rival"
)

// rivalCommand is hidden: the harness starts it as a child.
func (con *console) rivalCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "rival NAME",
		Short:  "Be a rival of the forwarder, by order of the harness on fd 3",
		Hidden: true,
		Args:   usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			open, err := rival.Find(args[0])
			if err != nil {
				return &usageError{err}
			}
			return serveHarness(cmd.Context(), open)
		},
	}
}

// serveHarness is the child of a measurement.
func serveHarness(ctx context.Context, open forward.Opener) error {
	file := os.NewFile(forward.ControlFD, "control")
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("open control socket: %w (only tunbench itself starts this)", err)
	}
	return errors.Join(forward.Serve(ctx, conn, open), file.Close())
}

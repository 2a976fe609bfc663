package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/vm"
)

// guestAgentCommand is hidden: a guest runs it by order of the harness, which speaks to it on standard input and output.
func (con *console) guestAgentCommand() *cobra.Command {
	return &cobra.Command{
		Use:    vm.AgentCommand,
		Short:  "Send and receive in a guest, by order of the harness on standard input",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE:   func(*cobra.Command, []string) error { return vm.Serve(standardStreams{os.Stdin, con.stdout}) },
	}
}

// standardStreams are a connection that ends with this process.
type standardStreams struct {
	io.Reader
	io.Writer
}

func (standardStreams) Close() error { return nil }

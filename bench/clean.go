package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
)

func (con *console) cleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean",
		Short: "Remove what a killed run left behind",
		Long: `Remove the namespaces tb-<pid>-… of runs that are dead, with all that is in
them, programs that they left at work, and their folders below the temporary one
(TMPDIR), and print the names. Those of live runs stay. Every run does this first,
so you need it only to tidy up after the last one.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if err := host.Require(); err != nil {
				return err
			}
			removed, err := testbed.Clean()
			builds, buildsErr := dut.Clean()
			removed, err = append(removed, builds...), errors.Join(err, buildsErr)
			for _, name := range removed {
				if _, printErr := fmt.Fprintln(con.stdout, "removed", name); printErr != nil {
					return errors.Join(err, printErr)
				}
			}
			return err
		},
	}
}

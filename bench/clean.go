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
		Long: `Remove what killed runs left behind, and print the names: network namespaces
tb-<pid>-… with everything in them, programs that still run, and folders in the
temporary folder (TMPDIR). Runs that are alive keep theirs. Every run does this
first, so you need it only after the last one.`,
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

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/fleet"
	"tunbench/results"
)

const fleetCleanHelp = `Remove from the hosts of engine ssh what a folder's shards left there, also those that
are not complete. collect does that for each complete shard; this is for what it could
not reach, or for a fleet that was given up. A shard that is still measured is left
alone, and exit code 1.`

func (con *console) fleetCleanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "clean FOLDER",
		Short: "Remove what shards left on other machines",
		Long:  fleetCleanHelp,
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE:  func(cmd *cobra.Command, args []string) error { return con.fleetClean(cmd.Context(), args[0]) },
	}
}

func (con *console) fleetClean(ctx context.Context, dir string) (err error) {
	f, err := fleet.LockFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, f) }()
	places, err := f.Clean(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "nothing is left of it at %s\n", results.Count(places, "place"))
	return err
}

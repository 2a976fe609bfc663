package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/fleet"
	"tunbench/bench/internal/shards"
	"tunbench/bench/internal/ui"
)

func (con *console) fleetStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status FOLDER",
		Short: "Say how each shard stands",
		Long: `Print a line for each shard: complete, running, waiting, failed or not submitted, where
it is, and why it is not further; unknown is one whose machine cannot be asked. What
shards have left by now is fetched, unless a collect does that.

Exit codes: 0 all are complete; 4 some are not.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return con.fleetStatus(cmd.Context(), args[0], asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object per shard as JSON Lines instead of the table")
	return cmd
}

func (con *console) fleetStatus(ctx context.Context, dir string, asJSON bool) (err error) {
	f, err := fleet.LockFolder(dir)
	if err != nil { // somebody collects it, or it is not ours to change: what is in it can be said all the same
		if f, err = fleet.OpenFolder(dir); err != nil {
			return err
		}
	}
	defer func() { err = joinClose(err, f) }()
	shards, err := f.Look(ctx)
	if err != nil {
		return err
	}
	if err := con.printShards(f, shards, asJSON); err != nil {
		return err
	}
	return incomplete(shards)
}

func (con *console) printShards(f *fleet.Folder, shards []fleet.Shard, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(con.stdout)
		for _, s := range shards {
			if err := out.Encode(s); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := fmt.Fprintf(con.stdout, "plan %s: %s\n", f.PlanHash(), fleet.Summary(shards)); err != nil {
		return err
	}
	return fleet.WriteTable(con.stdout, shards)
}

// incomplete is the error of a fleet in which shards are missing.
func incomplete(shards []fleet.Shard) error {
	if fleet.AllComplete(shards) {
		return nil
	}
	return fmt.Errorf("%w: %s", errInconclusive, fleet.Summary(shards))
}

const fleetCollectHelp = `Wait until the engine has ended all shards, submit those again that were lost, fetch
what they have written, and merge it into one file. A shard that ended in order is
not repeated, whatever its exit code: the merged file has it.

Interrupted, it leaves the jobs alone: a later collect goes on where they are.

Exit codes: 0 all shards are merged; 4 some are missing, the merged file says which.`

// collectOptions are the flags of `tunbench fleet collect`.
type collectOptions struct {
	out          string
	retries      int
	every        time.Duration
	everySet     bool
	now          bool
	allowMissing bool
	quiet        bool
}

// check refuses, before anything is waited for, what could not be done in the end.
func (o *collectOptions) check() error {
	switch {
	case o.everySet && o.every <= 0:
		return &usageError{fmt.Errorf("--every %s: want more than 0s", o.every)}
	case o.retries < 0:
		return &usageError{fmt.Errorf("--retries %d: want 0 or more", o.retries)}
	case o.out == "":
		return nil
	}
	if err := shards.Free(o.out); err != nil {
		return fmt.Errorf("-o %s: %w", o.out, err)
	}
	return nil
}

func (con *console) fleetCollectCommand() *cobra.Command {
	var o collectOptions
	cmd := &cobra.Command{
		Use:     "collect FOLDER",
		Short:   "Wait, repeat what was lost, fetch and merge",
		Long:    fleetCollectHelp,
		Example: "  tunbench fleet collect fleet-0123456789ab -o many.jsonl && tunbench report many.jsonl",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.everySet = cmd.Flags().Changed("every")
			if err := o.check(); err != nil {
				return err
			}
			return con.fleetCollect(cmd.Context(), o, args[0])
		},
	}
	flags := cmd.Flags()
	flags.VarP(newFile(&o.out), "output", "o", "write the merged records into a new `file` (default merged.jsonl in the folder, made anew)")
	flags.IntVar(&o.retries, "retries", 2, "submit a lost shard again so often")
	flags.DurationVar(&o.every, "every", 0, "ask the engine again after this time (default 5s; of ssh 1m, as a login disturbs what is measured)")
	flags.BoolVar(&o.now, "now", false, "neither wait nor repeat: merge what is there")
	flags.BoolVar(&o.allowMissing, "allow-missing", false, "success also if shards are missing")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	return cmd
}

func (con *console) fleetCollect(ctx context.Context, o collectOptions, dir string) (err error) {
	f, err := fleet.LockFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, f) }()
	shards, err := con.waitForShards(ctx, o, f)
	if err != nil {
		return err
	}
	if fleet.NoneComplete(shards) {
		return errors.Join(con.printShards(f, shards, false), incomplete(shards))
	}
	return con.mergeFleet(ctx, o, f, shards)
}

// waitForShards shows how many shards are complete while it waits for them.
func (con *console) waitForShards(ctx context.Context, o collectOptions, f *fleet.Folder) ([]fleet.Shard, error) {
	if o.now {
		return f.Look(ctx)
	}
	var progress *ui.Progress
	defer func() { progress.Done() }()
	say := func(text string) {
		progress.Done()
		fmt.Fprintln(con.stderr, "tunbench:", text)
	}
	return f.Collect(ctx, fleet.Collector{
		Retries: o.retries, Every: o.every, Say: say,
		Show: func(shards []fleet.Shard) {
			if progress == nil {
				progress = con.progress(output{quiet: o.quiet}, ui.Unknown)
			}
			progress.Step(fleet.Summary(shards))
		},
	})
}

// mergeFleet merges what is in a folder. The folder's own merged file is made anew each time.
func (con *console) mergeFleet(ctx context.Context, o collectOptions, f *fleet.Folder, all []fleet.Shard) error {
	for _, s := range all {
		if s.Phase != fleet.Complete {
			con.warn(s.Words())
		}
		for _, left := range s.Left {
			con.warn(fmt.Sprintf("shard %d was measured twice: the file that was complete first counts, left out: %s", s.Index, left))
		}
	}
	m := mergeOptions{output: output{out: o.out, quiet: o.quiet}, allowMissing: o.allowMissing}
	if m.out == "" {
		m.out, m.over = f.Merged(), true
	}
	return con.merge(ctx, m, fleet.Files(all))
}

// joinClose adds what closing says to an error.
func joinClose(err error, c io.Closer) error { return errors.Join(err, c.Close()) }

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/shards"
	"tunbench/bench/internal/ui"
)

// shardExit is the exit code of a shard that was measured before.
type shardExit struct{ code int }

func (e *shardExit) Error() string {
	return fmt.Sprintf("the shard was measured before, with exit code %d", e.code)
}

// runShard measures a plan as one of many machines.
func (con *console) runShard(ctx context.Context, o runOptions) error {
	share, scheduled, err := o.share()
	if err != nil {
		return err
	}
	share.Exit = func(out campaign.Outcome, err error) int { return exitCode(planVerdict(share.Plan.Plan, out, err)) }
	c := con.campaign(o.output)
	c.Share, c.Resume = share, o.resume
	out, path, err := c.RunShard(ctx, o.dir)
	err = planVerdict(share.Plan.Plan, out, err)
	if out.File == nil {
		return err
	}
	if out.Whole {
		fmt.Fprintf(con.stderr, "tunbench: shard %v is complete already, nothing was measured: %s\n", share.Shard, path)
		if code := out.File.ShardEnd.Exit; code != exitSuccess {
			err = &shardExit{code}
		}
	}
	if !o.json {
		err = errors.Join(err, con.printTable(out.File))
	}
	if out.File.ShardEnd == nil {
		return errors.Join(err, fmt.Errorf("shard %v is incomplete: the same command measures it anew%s", share.Shard, canResume(o.resume)))
	}
	if !out.Whole {
		fmt.Fprintf(con.stderr, "tunbench: shard %v is complete: %s\n", share.Shard, path)
	}
	if o.frame || scheduled && !o.json && !ui.IsTerminal(con.stdout) {
		err = errors.Join(err, con.printFrame(share.Shard, out.File.Shard.PlanHash, path))
	}
	return err
}

func canResume(given bool) string {
	if given {
		return ", or goes on with it"
	}
	return ", with --resume it goes on with it"
}

func (con *console) printFrame(shard campaign.Shard, hash, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the shard: %w", err)
	}
	return shards.WriteFrame(con.stdout, shards.Frame{Hash: hash, Shard: shard, Text: text})
}

// planVerdict is the error that the command that made the plan would end with.
func planVerdict(plan campaign.Plan, out campaign.Outcome, err error) error {
	if err != nil || out.Whole || out.File == nil {
		return err
	}
	switch plan.Work.(type) {
	case *campaign.Comparison:
		return abVerdict(out.File.Comparisons)
	case *campaign.Gate:
		return gateVerdict(out.Gate)
	}
	return nil
}

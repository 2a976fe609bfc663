package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/shards"
	"tunbench/results"
)

// planning are the flags with which a command that measures writes its plan instead.
type planning struct {
	to       string // a file, or "-"
	machines int
}

func (o *planning) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.to, "plan-out", "", "measure nothing, and write what would be measured into a new `file`, for tunbench run --plan on other machines (- is standard output)")
	flags.Var(number{&o.machines, 1, campaign.MaxShards, "machines"}, "shards", "with --plan-out: the number of machines that the plan is for")
}

// check refuses flags that say where figures go that are not measured.
func (o *planning) check(out output) error {
	switch {
	case o.machines > 0 && o.to == "":
		return &usageError{errors.New("--shards: it is written into a plan: want --plan-out FILE")}
	case o.to == "":
		return nil
	case out.out != "" || out.json:
		return &usageError{errors.New("--plan-out: nothing is measured: leave -o and --json out")}
	}
	return nil
}

// planned writes a plan, if that is what the flags ask for; then done is true, also if there is an error.
func (con *console) planned(o planning, out output, plan campaign.Plan) (done bool, err error) {
	if err := o.check(out); err != nil {
		return true, err
	}
	if o.to == "" {
		return false, nil
	}
	return true, con.writePlan(o, plan)
}

// writePlan writes a plan and says what it is good for.
func (con *console) writePlan(o planning, plan campaign.Plan) error {
	hash, err := campaign.Hash(plan)
	if err != nil {
		return err
	}
	text, err := campaign.PlanFile{Plan: plan, Shards: o.machines, Written: time.Now().UTC().Truncate(time.Second)}.Text()
	if err != nil {
		return err
	}
	if _, err := campaign.ParsePlan(text); err != nil {
		return &usageError{fmt.Errorf("--plan-out: %w", err)}
	}
	if o.to == "-" {
		if err := con.printText(string(text)); err != nil {
			return err
		}
	} else if err := shards.WriteNew(o.to, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stderr, "tunbench: plan %s of %s is written, nothing was measured; on each machine: tunbench run --plan %s --shard I/N\n",
		hash, results.Count(plan.Scenarios(), "scenario"), planName(o.to))
	return err
}

func planName(to string) string {
	if to == "-" {
		return "FILE"
	}
	return to
}

// sharing are the flags of `tunbench run` with which it measures a plan as one of many machines.
type sharing struct {
	planFile string
	shard    string
	dir      string
	resume   bool
	frame    bool
}

// defaultShards is the folder for files of shards.
const defaultShards = "results"

func (o *sharing) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.planFile, "plan", "", "measure the plan in this `file`, which --plan-out of any command wrote, as one of many machines")
	flags.StringVar(&o.shard, "shard", "", "with --plan: which machine this is, `I/N`, from 0 to N-1 (default: what Slurm or Kubernetes says; of a plan for one machine 0/1)")
	flags.StringVar(&o.dir, "out", defaultShards, "with --plan: the `folder` for the result file, which is named by plan, shard and machine")
	flags.BoolVar(&o.resume, "resume", false, "with --plan: go on with what an interrupted measurement of this shard left (run and sweep; others begin anew)")
	flags.BoolVar(&o.frame, "frame", false, "with --plan: print a copy of the result file that merge finds in a log (default where a scheduler started this)")
}

// check refuses flags that do not go together; words are what else says what is to be measured.
func (o *sharing) check(flags *pflag.FlagSet, words []string) error {
	if o.planFile == "" {
		for _, name := range []string{"shard", "out", "resume", "frame"} {
			if flags.Changed(name) {
				return &usageError{fmt.Errorf("--%s: it is for a plan: want --plan FILE", name)}
			}
		}
		return nil
	}
	if len(words) > 0 {
		return &usageError{fmt.Errorf("--plan %s %s: the plan says what is measured: leave the words out", o.planFile, words[0])}
	}
	for _, name := range []string{"preset", "rounds", "program", "drop-reasons", "no-calibration", "plan-out", "shards"} {
		if flags.Changed(name) {
			return &usageError{fmt.Errorf("--plan %s --%s: the plan says what is measured: leave --%s out, or write a new plan", o.planFile, name, name)}
		}
	}
	switch {
	case flags.Changed("output"):
		return &usageError{errors.New("--plan -o: a shard has a name of its own: want --out FOLDER instead of -o")}
	case o.frame && flags.Changed("json"):
		return &usageError{errors.New("--frame --json: give one of them: both print the records")}
	}
	return nil
}

// share is the shard that this machine is to measure; scheduled says that a scheduler started this process.
func (o *sharing) share() (share *campaign.Share, scheduled bool, err error) {
	file, err := campaign.ReadPlan(o.planFile)
	if err != nil {
		return nil, false, err
	}
	share = &campaign.Share{Plan: file}
	share.Shard, scheduled, err = campaign.ShardOf(os.Getenv, file.Shards)
	if o.shard != "" {
		if share.Shard, err = campaign.ParseShard(o.shard); err != nil {
			err = fmt.Errorf("--shard %s: %w", o.shard, err)
		}
	}
	if err != nil {
		return nil, scheduled, &usageError{err}
	}
	if file.Shards > 0 && share.Of != file.Shards {
		return nil, scheduled, &usageError{fmt.Errorf("shard %v: the plan %s is for %s", share.Shard, o.planFile, results.Count(file.Shards, "machine"))}
	}
	return share, scheduled, nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/ui"
)

// output are the flags of every command that measures.
type output struct {
	out   string
	json  bool
	quiet bool
}

func (o *output) add(flags *pflag.FlagSet) {
	flags.VarP(newFile(&o.out), "output", "o", "keep the records in a new `file` (JSON Lines)")
	flags.BoolVar(&o.json, "json", false, "print the records as JSON Lines instead of the table")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
}

// programs are the files of --program.
type programs struct{ files []string }

func (o *programs) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.files, "program", nil, "a `file` that describes a program to measure, whose name is then a value of dut= (may be repeated)")
}

// declare reads the files, whose names are then known to every word.
func (o *programs) declare() (all []*program.File, err error) {
	for _, path := range o.files {
		file, err := program.Read(path)
		if err != nil {
			return nil, &usageError{fmt.Errorf("--program: %w", err)}
		}
		all = append(all, file)
	}
	return all, campaign.Declare(all)
}

// subject are the flags of the commands that measure a device under test.
type subject struct {
	tester campaign.Tester
	programs
}

func (o *subject) add(flags *pflag.FlagSet) {
	flags.BoolVar(&o.tester.DropReasons, "drop-reasons", false, "ask the kernel why it dropped packets (costs it time)")
	flags.BoolVar(&o.tester.Uncalibrated, "no-calibration", false, "do not measure first what the tester can do (saves two seconds per load)")
	o.programs.add(flags)
}

// plan is one of the programs that were declared, without work.
func (o *subject) plan() (campaign.Plan, error) {
	files, err := o.declare()
	return campaign.Plan{Tester: o.tester, Programs: files}, err
}

// createReports are the files of --markdown and --junit; "" is none.
func createReports(markdown, junit string) (gate.Reports, error) {
	if markdown != "" && markdown == junit {
		return gate.Reports{}, &usageError{fmt.Errorf("--markdown %s --junit %s: want two files", markdown, junit)}
	}
	return gate.CreateReports(markdown, junit)
}

func (con *console) progress(o output, steps int) *ui.Progress {
	return ui.NewProgress(con.stderr, steps, ui.ProgressOptions{Quiet: o.quiet || con.terminal.dumb, NoColor: con.terminal.noColor})
}

// measure carries out a plan and prints what came of it, also where it failed or was interrupted.
func (con *console) measure(ctx context.Context, o output, plan campaign.Plan) (campaign.Outcome, error) {
	return con.carryOut(ctx, o, con.campaign(o), plan)
}

func (con *console) carryOut(ctx context.Context, o output, c campaign.Campaign, plan campaign.Plan) (campaign.Outcome, error) {
	out, err := c.Run(ctx, plan)
	if out.File != nil && !o.json {
		err = errors.Join(err, con.printTable(out.File))
	}
	return out, err
}

// campaign carries out plans for a command.
func (con *console) campaign(o output) campaign.Campaign {
	c := campaign.Campaign{
		Args: con.args, Out: o.out,
		Warn:     con.warn,
		Progress: func(steps int) *ui.Progress { return con.progress(o, steps) },
	}
	if o.json {
		c.Lines = con.stdout
	}
	return c
}

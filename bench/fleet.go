package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/fleet"
)

const fleetHelp = `Measure one plan on many machines, each of which is a shard of it and measures all
of the plan. An engine that you have starts the shards: Slurm, Kubernetes or ssh.

  render   write what the engine takes into a folder, to be read and edited
  submit   hand the shards to the engine that are not complete and not on their way
  status   say how each shard stands
  collect  wait, repeat lost shards, fetch their files, and merge them
  clean    remove what is left on other machines (ssh)

A plan is written by --plan-out FILE of run, ab, gate, sweep, search, burst or soak. A shard is complete when
its whole result file is in the folder; one whose node was lost, or whose task was
killed, is repeated alone and counts once. bench/fleet.md has examples for all engines.`

func (con *console) fleetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "Measure a plan on many machines, by Slurm, Kubernetes or ssh",
		Long:  fleetHelp,
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(con.fleetRenderCommand(), con.fleetSubmitCommand(), con.fleetStatusCommand(), con.fleetCollectCommand(), con.fleetCleanCommand())
	return cmd
}

const fleetRenderHelp = `Write a folder with the plan, this program, and what an engine takes: scripts of Slurm,
manifests of Kubernetes, or a script for ssh. They are meant to be read and edited.
The plan in the folder is not: to change it, render the changed plan into a new folder.
A plan starts commands as root on each machine: measure only plans that you trust.

  slurm       an array, a task on each node, and a job that merges after it. The folder
              must be on a file system that all nodes have.
  kubernetes  an Indexed Job, a pod on each node, and a Containerfile for its image
  ssh         a script that is copied to each host of a list`

const fleetRenderExamples = `  tunbench run --preset default --plan-out plan.json
  tunbench fleet render --engine slurm --shards 12 plan.json
  tunbench fleet render --engine kubernetes --shards 12 --image registry.example.com/tunbench:1 plan.json
  tunbench fleet render --engine ssh --hosts hosts.txt --sudo plan.json -o lab`

func (con *console) fleetRenderCommand() *cobra.Command {
	var r fleet.Request
	var hosts, shell string
	cmd := &cobra.Command{
		Use:     "render --engine ENGINE PLAN",
		Short:   "Write what an engine takes into a folder",
		Long:    fleetRenderHelp,
		Example: fleetRenderExamples,
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Shell = strings.Fields(shell)
			for _, name := range []string{"cpus", "memory"} {
				if cmd.Flags().Changed(name) && r.Engine != "kubernetes" {
					return &usageError{fmt.Errorf("--%s is for --engine kubernetes", name)}
				}
			}
			return con.fleetRender(r, args[0], hosts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.Engine, "engine", "", strings.Join(fleet.Engines(), ", "))
	flags.StringVarP(&r.Dir, "output", "o", "", "write into a new `folder` (default fleet-<hash of the plan>)")
	flags.IntVar(&r.Shards, "shards", 0, "on how many machines to measure (default: the plan's own number; of ssh, where the plan has none: all hosts)")
	flags.StringVar(&r.Binary, "binary", "", "send this static build of tunbench instead of this one")
	flags.BoolVar(&r.Sudo, "sudo", false, "start tunbench by sudo -n, where jobs do not run as root (slurm, ssh)")
	flags.StringVar(&hosts, "hosts", "", "a `file` with a host on each line, as ssh takes it (ssh)")
	flags.StringVar(&shell, "ssh", "", "reach hosts by this `command` instead of ssh -o BatchMode=yes (ssh)")
	flags.StringVar(&r.Image, "image", "", "the `name` of the image that pods run (kubernetes)")
	flags.IntVar(&r.CPUs, "cpus", 2, "CPUs of a pod (kubernetes)")
	flags.StringVar(&r.Memory, "memory", "2Gi", "memory of a pod (kubernetes)")
	return cmd
}

func (con *console) fleetRender(r fleet.Request, path, hosts string) (err error) {
	plan, err := readPlan(path)
	if err != nil {
		return err
	}
	r.Plan, r.Hash, r.What = plan.text, plan.hash, plan.what
	if r.Engine == "" {
		return &usageError{fmt.Errorf("which engine? give --engine %s", strings.Join(fleet.Engines(), "|"))}
	}
	if hosts != "" {
		text, err := os.ReadFile(hosts)
		if err != nil {
			return &usageError{fmt.Errorf("--hosts: %w", err)}
		}
		if r.Hosts, err = fleet.ParseHosts(string(text)); err != nil {
			return fmt.Errorf("--hosts %s: %w", hosts, err)
		}
	}
	switch {
	case plan.shards != 0 && r.Shards != 0 && r.Shards != plan.shards:
		return &usageError{fmt.Errorf("--shards %d: the plan %s is for %d: leave --shards out, or write the plan with --shards %[1]d", r.Shards, path, plan.shards)}
	case r.Shards == 0:
		r.Shards = plan.shards
	}
	if r.Binary == "" {
		if r.Binary, err = os.Executable(); err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
	}
	r.Dir = cmp.Or(r.Dir, "fleet-"+r.Hash)
	if err := fleet.Render(r); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "%s: plan %s for %s; read it, and edit all but the plan, then: tunbench fleet submit %[1]s\n", r.Dir, r.Hash, r.Engine)
	return err
}

func (con *console) fleetSubmitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "submit FOLDER",
		Short: "Hand to the engine what is not complete and not on its way",
		Long: `Hand shards to the engine of a rendered folder: those that are neither complete nor on
their way. The first time these are all, later those that were lost.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return con.fleetSubmit(cmd.Context(), args[0]) },
	}
}

func (con *console) fleetSubmit(ctx context.Context, dir string) (err error) {
	f, err := fleet.LockFolder(dir)
	if err != nil {
		return err
	}
	defer func() { err = joinClose(err, f) }()
	shards, failed := f.Submit(ctx)
	switch {
	case len(shards) == 0 && failed != nil:
		return failed
	case len(shards) == 0:
		_, err = fmt.Fprintln(con.stdout, "nothing to submit: each shard is complete, on its way, or where nobody can ask")
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "submitted %d of %d shards: %s; then: tunbench fleet collect %s\n", len(shards), f.Shards(), fleet.Indexes(shards), dir)
	return errors.Join(failed, err)
}

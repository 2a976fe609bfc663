package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/shards"
	"tunbench/results"
)

const mergeHelp = `Put the result files of many machines together that measured one plan, and say which
are missing.

A plan is what --plan-out of run, ab, gate, sweep, search, burst or soak writes. Each
machine measures all of it (tunbench run --plan FILE --shard I/N) and leaves a file,
its shard. merge takes those files, and also logs: run prints a copy of the file
where Slurm or Kubernetes started it, and --frame asks for that. Other lines in a
log, before, between or behind the copy, do not matter. Of a folder all *.jsonl in it
are taken.

Nothing is computed over trials of different machines: the merged file has each shard
as it is. tunbench report shows each machine, and what all of them say together.

  missing     a shard of which there is no file, or only an incomplete one: the
              machine was lost, or the log breaks off
  doubled     the same file twice, or an incomplete one besides: it counts once
  warnings    a clock that is off, two shards of one machine, unlike versions

Without -o nothing is written: merge only says what there is.

Exit codes: 0 all shards are there; 1 a file cannot be read, or a shard was given
twice with unlike content; 2 wrong usage, files of two plans, or a plan of a newer
tunbench; 4 shards are missing (the merged file is written all the same and says so;
--allow-missing makes it 0).`

const mergeExamples = `  tunbench merge results/ -o merged.jsonl      then: tunbench report merged.jsonl
  tunbench merge slurm-4711_*.out -o merged.jsonl
  kubectl logs --prefix -l job-name=tunbench --tail=-1 > pods.log; tunbench merge pods.log -o merged.jsonl
  tunbench merge results/                      what is still missing?`

// mergeOptions are the flags of `tunbench merge`.
type mergeOptions struct {
	output
	allowMissing bool
	over         bool // out may be there, and stays until the new one is whole
}

func (con *console) mergeCommand() *cobra.Command {
	var o mergeOptions
	cmd := &cobra.Command{
		Use:     "merge DIR|FILE|LOG...",
		Short:   "Put the results of many machines together",
		Long:    mergeHelp,
		Example: mergeExamples,
		Args:    usageArgs(cobra.MinimumNArgs(1)),
		RunE:    func(cmd *cobra.Command, args []string) error { return con.merge(cmd.Context(), o, args) },
	}
	flags := cmd.Flags()
	flags.VarP(newFile(&o.out), "output", "o", "write the merged records into a new `file` (JSON Lines)")
	flags.BoolVar(&o.json, "json", false, "print the merge record as JSON instead of words")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	flags.BoolVar(&o.allowMissing, "allow-missing", false, "missing shards are no reason for exit code 4")
	return cmd
}

func (con *console) merge(ctx context.Context, o mergeOptions, args []string) error {
	if o.out != "" && !o.over {
		if err := shards.Free(o.out); err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	}
	paths, err := resultFiles("merge", args)
	if err != nil {
		return err
	}
	merged, err := con.readShards(ctx, o, paths)
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	if o.out != "" {
		write := func(w io.Writer) error { return merged.Write(ctx, w) }
		if o.over {
			err = shards.Replace(o.out, 0o644, write)
		} else {
			err = shards.WriteNew(o.out, write)
		}
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	}
	if err := con.printMerged(o, merged); err != nil {
		return err
	}
	if n := len(merged.Record.Missing); n > 0 && !o.allowMissing {
		return fmt.Errorf("merge: %s missing: %w", isAre(n, "shard"), errInconclusive)
	}
	return nil
}

func isAre(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return results.Count(n, what) + " are"
}

// readShards reads the files with a line of progress.
func (con *console) readShards(ctx context.Context, o mergeOptions, paths []string) (*shards.Merged, error) {
	progress := con.progress(o.output, len(paths))
	all, warnings, err := shards.Read(ctx, paths, progress.Step)
	progress.Done()
	if err != nil {
		return nil, err
	}
	for _, warning := range warnings {
		con.warn(warning)
	}
	return shards.NewMerged(all, time.Now())
}

func (con *console) printMerged(o mergeOptions, merged *shards.Merged) error {
	r := merged.Record
	for _, m := range r.Missing {
		con.warn(fmt.Sprintf("shard %d/%d is missing: %s", m.Index, r.Of, m.Why))
	}
	for _, d := range r.Doubled {
		con.warn(fmt.Sprintf("shard %d/%d was given more than once and counts once, as in %s; left out: %s", d.Index, r.Of, d.Taken, strings.Join(d.Left, ", ")))
	}
	for _, warning := range r.Warnings {
		con.warn(warning)
	}
	if o.json {
		return results.Print(con.stdout, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "plan %s: %d of %s, %s\n", r.PlanHash, len(r.Shards), results.Count(r.Of, "shard"), results.Count(merged.Trials(), "trial"))
	for _, s := range r.Shards {
		if s.Exit != exitSuccess {
			fmt.Fprintf(&b, "shard %d/%d: %s: it ended with exit code %d\n", s.Index, r.Of, s.File, s.Exit)
		}
	}
	if o.out != "" {
		fmt.Fprintf(&b, "merged into %s: tunbench report %s\n", o.out, o.out)
	}
	_, err := io.WriteString(con.stdout, b.String())
	return err
}

func (con *console) warn(text string) { fmt.Fprintln(con.stderr, "tunbench: warning:", text) }

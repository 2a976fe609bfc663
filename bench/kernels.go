package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/guest"
	"tunbench/results"
)

const kernelsHelp = `Boot kernels in QEMU and run tunbench in each: on which kernels does it work, what
does it do without, what fails?

LIST names Debian kernels, parted by commas: a version (6.1 means the newest 6.1.x),
or SUITE:VERSION. They are downloaded with apt into the cache folder
(XDG_CACHE_HOME) and unpacked; nothing is installed. A kernel of your own is
given by --kernel and --modules instead. Root is not needed.

What follows -- is a command of tunbench with its words, or a static program of your
own, named with a slash; it finds tunbench in its PATH. Another -- begins the next
command. doctor always comes first. Each command's output and files, result files
with the kernel's host record among them, are kept in the folder -o.

With KVM a kernel takes some seconds; without, QEMU translates every instruction, a
kernel takes a minute or more, and all that it measures is marked "emulated". Then
ab and gate are refused: a figure of an emulated CPU is no verdict.

Exit codes: 0 all commands succeeded on all kernels, 1 a kernel did not come to its
end or a command failed, else that of the commands (5: a kernel cannot do it).`

const kernelsExamples = `  tunbench kernels 6.1,6.12,7.3 -- run size=64 load=500 duration=1s
  tunbench kernels 5.10 -- doctor
  tunbench kernels trixie-backports:7.2 -- run proto=tcp -- run size=64 load=500
  tunbench kernels 6.1,6.12 -- ./mine.test -test.run Offload
  tunbench kernels --kernel arch/x86/boot/bzImage --modules /tmp/m -- run`

// kernelsOptions are the flags of `tunbench kernels`.
type kernelsOptions struct {
	kernel, modules string
	program         string
	accel           string
	dir             string
	timeout         time.Duration
	json            bool
	markdown        string
	quiet           bool
}

func (con *console) kernelsCommand() *cobra.Command {
	var o kernelsOptions
	cmd := &cobra.Command{
		Use:     "kernels [LIST] -- COMMAND [WORD]... [-- COMMAND [WORD]...]...",
		Short:   "Run tunbench on other kernels, in QEMU",
		Long:    kernelsHelp,
		Example: kernelsExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			lists, commands := splitAtDash(args, cmd.ArgsLenAtDash())
			return con.kernels(cmd.Context(), o, lists, commands)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.kernel, "kernel", "", "boot this bzImage `file` instead of a package")
	flags.StringVar(&o.modules, "modules", "", "the `folder` with its modules, as make modules_install leaves it")
	flags.StringVar(&o.program, "binary", "", "run this static build of tunbench instead of this one")
	flags.StringVar(&o.accel, "accel", string(guest.Auto), "auto, kvm or tcg (emulation)")
	flags.StringVarP(&o.dir, "output", "o", "", "keep what commands print and leave in a new `folder` (default kernels-<time>)")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "end a kernel that is not done after so long")
	flags.BoolVar(&o.json, "json", false, "print a record per kernel as JSON Lines instead of the table")
	flags.StringVar(&o.markdown, "markdown", "", "write a table for a README or a pull request into a `file`")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	return cmd
}

// splitAtDash parts words at every "--"; dash is the number of words before the first, -1 if there is none.
func splitAtDash(args []string, dash int) (before []string, commands [][]string) {
	if dash < 0 {
		return args, nil
	}
	rest := args[dash:]
	for {
		i := slices.Index(rest, "--")
		if i < 0 {
			return args[:dash], append(commands, rest)
		}
		commands, rest = append(commands, rest[:i]), rest[i+1:]
	}
}

// kernels boots what was asked for, one kernel after the other; what fails on one does not keep the next from its turn.
func (con *console) kernels(ctx context.Context, o kernelsOptions, lists []string, commands [][]string) error {
	patterns, err := o.check(lists)
	if err != nil {
		return err
	}
	if commands, err = con.guestCommands(commands); err != nil {
		return err
	}
	launcher, cache, err := con.launcher(o, commands)
	if err != nil {
		return err
	}
	get, err := o.kernelsToBoot(ctx, patterns, cache)
	if err != nil {
		return err
	}
	markdown, err := gate.CreateFile(o.markdown)
	if err != nil {
		return err
	}
	if o.dir == "" {
		o.dir = "kernels-" + time.Now().UTC().Format("20060102T150405Z")
	}
	if err := os.Mkdir(o.dir, 0o755); err != nil {
		return fmt.Errorf("make folder for results: %w: name another one with -o", err)
	}
	progress := con.progress(output{quiet: o.quiet}, len(get))
	defer progress.Done()
	var rows []kernelRow
	var records []results.Kernel
	for _, one := range get {
		progress.Step(one.name)
		row := kernelRow{Name: one.name, Outcome: &guest.Outcome{}}
		k, err := one.get()
		if err == nil {
			row.Outcome, err = launcher.Boot(ctx, k, commands)
		}
		row.Package, row.Err = k.Package, err
		if keepErr := row.keep(filepath.Join(o.dir, folderName(one.name))); keepErr != nil {
			return keepErr
		}
		rows, records = append(rows, row), append(records, row.record())
		if err := con.printKernelRecord(o, records[len(records)-1]); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	progress.Done()
	if err := markdown.Commit([]byte(kernelsMarkdown(records))); err != nil {
		return err
	}
	if !o.json {
		if err := con.printKernels(records, o.dir); err != nil {
			return fmt.Errorf("print table: %w", err)
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %d of %d kernels: %w", len(rows)-1, len(get), context.Cause(ctx))
	}
	return kernelsVerdict(rows)
}

func folderName(kernel string) string { return strings.NewReplacer(":", "_", "/", "_").Replace(kernel) }

// check refuses what contradicts itself.
func (o *kernelsOptions) check(lists []string) ([]guest.Pattern, error) {
	switch guest.Accel(o.accel) {
	case guest.Auto, guest.KVM, guest.Emulated:
	default:
		return nil, &usageError{fmt.Errorf("--accel %s: want auto, kvm or tcg", o.accel)}
	}
	switch {
	case o.timeout <= 0:
		return nil, &usageError{fmt.Errorf("--timeout %s: want more than 0s", o.timeout)}
	case o.modules != "" && o.kernel == "":
		return nil, &usageError{errors.New("--modules needs --kernel FILE, the image that they belong to")}
	case o.kernel != "" && len(lists) > 0:
		return nil, &usageError{fmt.Errorf("%s: --kernel takes the place of a list", lists[0])}
	case o.kernel == "" && len(lists) == 0:
		return nil, &usageError{errors.New("which kernels? give a list such as 6.1,6.12, or --kernel FILE")}
	case o.kernel != "":
		return nil, nil
	}
	return guest.ParsePatterns(strings.Join(lists, ","))
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/kernels"
	"tunbench/bench/internal/ui"
)

const kernelsHelp = `Boot kernels in QEMU and run tunbench on each: on which kernels does it work, which
features does it do without, and what fails?

LIST names Debian kernels, separated by commas: a version (6.1 means the newest 6.1.x),
or SUITE:VERSION. They are downloaded with apt into the cache folder
(XDG_CACHE_HOME) and unpacked; nothing is installed. A kernel of your own is
given by --kernel and --modules instead. Root is not needed.

After -- comes a command of tunbench with its words, or a static program of your
own, given as a path with a slash; it finds tunbench in its PATH. Another -- begins
the next command. doctor always runs first. What each command prints and the files
that it writes, such as result files with the kernel's host record, are kept in
the folder of -o.

With KVM a kernel takes some seconds. Without KVM QEMU translates every instruction,
a kernel takes a minute or more, and every record says "emulated"; ab and gate are
then refused, as the speed of an emulated CPU says nothing about a real one.

Exit codes: 0 all commands succeeded on all kernels; 1 a kernel did not run all of
them, or a command failed; another code if all failures have that one in common
(5: a kernel cannot do it).`

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
	flags.StringVar(&o.modules, "modules", "", "the `folder` with the modules of --kernel, as make modules_install writes it")
	flags.StringVar(&o.program, "binary", "", "run this static build of tunbench instead of this one")
	flags.StringVar(&o.accel, "accel", string(guest.Auto), "auto, kvm or tcg (emulation)")
	flags.StringVarP(&o.dir, "output", "o", "", "keep what commands print and write in a new `folder` (default kernels-<time>)")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "stop a kernel that has not finished after this time")
	flags.BoolVar(&o.json, "json", false, "print a record per kernel as JSON Lines instead of the table")
	flags.Var(reportFile(&o.markdown), "markdown", "write a table for a README or a pull request into a `file`")
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	return cmd
}

func (con *console) kernels(ctx context.Context, o kernelsOptions, lists []string, asked [][]string) error {
	packages, err := o.check(lists)
	if err != nil {
		return err
	}
	commands, err := con.guestCommands(asked)
	if err != nil {
		return err
	}
	run := kernels.Run{
		Packages: packages, Image: o.kernel, Modules: o.modules, Program: o.program, Accel: guest.Accel(o.accel), Timeout: o.timeout, Commands: commands,
		Dir: cmp.Or(o.dir, "kernels-"+time.Now().UTC().Format("20060102T150405Z")), Markdown: o.markdown,
		Progress: func(steps int) *ui.Progress { return con.progress(output{quiet: o.quiet}, steps) },
		Waiting: func() {
			if !o.quiet {
				fmt.Fprintln(con.stderr, "tunbench: another guest runs on this machine: waiting for its end")
			}
		},
	}
	if o.json {
		run.Lines = con.stdout
	}
	records, err := run.Do(ctx)
	if len(records) > 0 && !o.json {
		err = errors.Join(err, con.printText(kernels.Table(records, run.Dir)))
	}
	return err
}

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

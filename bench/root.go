package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/host"
)

const rootHelp = `tunbench is a multiqueue TUN/TAP packet forwarder and the benchmark that
measures it: it builds pairs of network namespaces, drives the forwarder and
its references with known load, and accounts for every packet.

Begin with

  sudo tunbench doctor               what this host can do, and what distorts it
  sudo tunbench tune                 set what helps (tunbench reset puts it back)
  sudo tunbench run --preset smoke   15 seconds: does everything work?
  sudo tunbench run --preset default the whole picture, two and a half minutes
  sudo tunbench ab a:gro=auto b:gro=off which of two settings is faster, and by how much
  sudo tunbench gate --baseline git:main       did this build become slower? for CI
  sudo tunbench bisect v1.0 main -- size=64    which commit made it slower?
  sudo tunbench run --preset default --plan-out plan.json  for many machines; then tunbench merge
  sudo tunbench sweep offload=none,all queues=1,2 proto=tcp which of many settings mattered

Everything happens in network namespaces named tb-<pid>-…, which are removed
however a run ends; the host's own links and sysctls are not touched, but by
tunbench tune, which keeps a journal that tunbench reset undoes. Results go to
standard output, progress to standard error and only to a terminal. NO_COLOR
is obeyed.

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a comparison found something
worse, 4 a comparison could not decide, or not measure everything, 5 this host or
user cannot do it.`

// console is where a command writes, what the user's environment asks of that, and the words that it was given.
type console struct {
	stdout, stderr io.Writer
	terminal       terminal
	args           []string
}

// run is the program: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	con := &console{stdout: stdout, stderr: stderr, terminal: terminalOf(os.Getenv), args: args}
	root := con.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "tunbench:", withRemedy(err))
	}
	return exitCode(err)
}

func withRemedy(err error) string {
	if remedy := host.Remedy(err); remedy != "" {
		return err.Error() + ": " + remedy
	}
	return err.Error()
}

func (con *console) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:               "tunbench",
		Short:             "Measure TUN/TAP data paths between network namespaces",
		Long:              rootHelp,
		Version:           versionText(),
		SilenceUsage:      true,
		SilenceErrors:     true,
		Args:              usageArgs(cobra.NoArgs),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return noEmptyFlag(cmd.Flags()) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(con.stdout)
	root.SetErr(con.stderr)
	root.SetVersionTemplate("tunbench {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", flagError(err), cmd.CommandPath())}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		con.runCommand(), con.abCommand(), con.gateCommand(), con.bisectCommand(), con.sweepCommand(), con.searchCommand(), con.burstCommand(), con.soakCommand(), con.checkCommand(), con.calibrateCommand(),
		con.reportCommand(), con.compareCommand(), con.forwardCommand(), con.rivalCommand(), con.doctorCommand(), con.tuneCommand(), con.resetCommand(), con.cleanCommand(), con.kernelsCommand(), con.guestAgentCommand(), con.historyCommand(), con.mergeCommand(),
		con.tunnelEndCommand(), con.wireGuardEndCommand(), con.manCommand(), con.fleetCommand(),
	)
	return root
}

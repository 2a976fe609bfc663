package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/host/tune"
)

const tuneHelp = `Set what helps a measurement on this host, and say of each setting what it was and
what it is now. This is the one command that changes the host itself.

Before it changes anything it writes what it is about to change, with the values
as they are, into a journal (` + tune.DefaultJournal + `). tunbench reset goes
by it, also after tune was killed or failed. A second tune keeps the values from
before the first. If a setting fails, those before it are put back. Settings and
journal are gone after a reboot.

What it sets, where this host has it:

%s
What helps too but is not one value to put back, tunbench doctor names.

Exit codes: 0 all is set, or nothing needs to be; 1 a setting failed, or the journal
cannot be read: nothing is set; 5 this user may not set it: nothing is set.`

const resetHelp = `Put back what tunbench tune changed, last change first, and remove its journal.
A setting that somebody else has changed since stays as it is, and is named. Without
a journal there is nothing to do. It may be run again, whatever ended it.

Exit codes: 0 everything is put back, or nothing was changed; 1 a setting could not be
put back (the journal stays), or the journal is torn or of another program: nothing is
changed; 5 this user may not.`

// tuneOptions are the flags of `tunbench tune`.
type tuneOptions struct {
	dryRun bool
	json   bool
}

func tuner() *tune.Tuner {
	return &tune.Tuner{Machine: host.Local(), Journal: tune.DefaultJournal}
}

func (con *console) tuneCommand() *cobra.Command {
	var o tuneOptions
	cmd := &cobra.Command{
		Use:   "tune",
		Short: "Set what helps a measurement on this host; tunbench reset puts it back",
		Long:  fmt.Sprintf(tuneHelp, tune.KnobsText()),
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return con.tune(o) },
	}
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would be set, and change nothing")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the settings as JSON")
	return cmd
}

func (con *console) tune(o tuneOptions) error {
	settings, err := tuner().Plan(), error(nil)
	if !o.dryRun {
		settings, err = tuner().Tune()
	}
	if err != nil {
		return err
	}
	return con.printSettings(settings, o.json)
}

func (con *console) resetCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "reset",
		Short: "Put back what tunbench tune changed",
		Long:  resetHelp,
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			settings, err := tuner().Reset()
			if err == nil && settings == nil && !asJSON {
				_, err = fmt.Fprintln(con.stdout, "nothing to put back: tunbench tune has changed nothing")
				return err
			}
			if printErr := con.printSettings(settings, asJSON); err == nil {
				err = printErr
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the settings as JSON")
	return cmd
}

func (con *console) printSettings(settings []tune.Setting, asJSON bool) error {
	if !asJSON {
		_, err := io.WriteString(con.stdout, tune.Text(settings))
		return err
	}
	if settings == nil {
		settings = []tune.Setting{}
	}
	encoder := json.NewEncoder(con.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(settings)
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/dut/forward"
)

// besideConfig are the flags that may be given with --config: they say nothing of the forwarder or its devices.
var besideConfig = []string{"config", "check", "background", "ready-fd", "help"}

// goTogether finds flags that cannot be given together.
func (o *forwardOptions) goTogether(flags *pflag.FlagSet) (err error) {
	switch {
	case o.config == "" && o.check:
		return &usageError{errors.New("--check: want --config FILE, the file to check")}
	case o.config == "":
		return nil
	}
	flags.Visit(func(f *pflag.Flag) {
		if err == nil && !slices.Contains(besideConfig, f.Name) {
			err = &usageError{fmt.Errorf("--%s: not with --config: write it into %s", f.Name, o.config)}
		}
	})
	return err
}

// read returns what the file of --config says, or else the flags.
func (o *forwardOptions) read() (forward.Config, error) {
	if o.config == "" {
		return o.parse()
	}
	cfg, err := forward.ReadConfig(o.config)
	if unreadable := (*fs.PathError)(nil); err != nil && !errors.As(err, &unreadable) || errors.Is(err, fs.ErrNotExist) {
		return cfg, &usageError{err}
	}
	return cfg, err
}

// checkForward reads the file and says what it would do.
func (con *console) checkForward(o forwardOptions) error {
	cfg, err := o.read()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "%s has no mistake: forward between %v and %v (%v)\n", o.config, cfg.A, cfg.B, cfg.Kind)
	forward.PrintInterfaces(con.stdout, "would configure", cfg.Options)
	return err
}

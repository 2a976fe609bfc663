package main

import (
	"errors"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/traffic"
	"tunbench/forwarder"
)

// The exit codes, the same for every command.
const (
	exitSuccess      = 0
	exitFailure      = 1
	exitUsage        = 2
	exitRegression   = 3
	exitInconclusive = 4
	exitUnsupported  = 5
)

// What a comparison that came to its end says to a script.
var (
	errRegression   = errors.New("worse than before")
	errInconclusive = errors.New("inconclusive")
)

// usageError is a command line that cannot be understood or obeyed.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// exitCode maps what went wrong to the code that a script can act on.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitSuccess
	case is[*usageError](err), is[*scenario.UsageError](err):
		return exitUsage
	case errors.Is(err, errRegression):
		return exitRegression
	case errors.Is(err, errInconclusive):
		return exitInconclusive
	case errors.Is(err, forwarder.ErrUnsupported), is[*host.Unfit](err), is[*testbed.UnsupportedError](err), is[*traffic.UnsupportedError](err):
		return exitUnsupported
	}
	return exitFailure
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// usageArgs turns the verdict of a cobra validator into a usageError.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{err}
		}
		return nil
	}
}

package main

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/fleet"
	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/kernels"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed/nic"
	"tunbench/forwarder"
	"tunbench/forwarder/tun"
)

// The exit codes, the same for every command.
const (
	exitSuccess      = 0
	exitFailure      = 1 // also a candidate that fails where its baseline does not
	exitUsage        = 2
	exitRegression   = 3 // a comparison found something worse, or nothing where there was something
	exitInconclusive = 4 // it could not decide, or not measure, all that it was asked for: the one that a noisy machine excuses
	exitUnsupported  = 5
)

// What a comparison that came to its end says to a script.
var (
	errRegression   = errors.New("worse than before")
	errInconclusive = errors.New("inconclusive")
	// errCandidateFailed is a failure and no open question: nobody who lets pass what a noisy machine cannot decide means this.
	errCandidateFailed = errors.New("failed where the baseline does not")
)

// usageError is a command line that cannot be understood or obeyed.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// exitCodes is the table of what the errors of all commands mean to a script; the first
// that holds counts. What is not in it is a failure.
var exitCodes = []struct {
	code int
	of   func(error) bool
}{
	{exitSuccess, func(err error) bool { return err == nil }},
	{exitUsage, is[*usageError]},
	{exitUsage, is[*scenario.UsageError]},
	{exitUsage, is[*campaign.UsageError]},
	{exitUsage, is[*guest.PatternError]},
	{exitRegression, func(err error) bool { return errors.Is(err, errRegression) }},
	{exitInconclusive, func(err error) bool { return errors.Is(err, errInconclusive) }},
	{exitUnsupported, host.Cannot},
	{exitUnsupported, is[*program.ToolError]},
	{exitUnsupported, is[*guest.UnsupportedError]},
	{exitUnsupported, is[*fleet.ToolError]},
}

// exitCode maps what went wrong to the code that a script can act on.
func exitCode(err error) int {
	if failed := (*kernels.FailedError)(nil); errors.As(err, &failed) {
		return kernelsCode(failed)
	}
	if shard := (*shardExit)(nil); errors.As(err, &shard) {
		return shard.code
	}
	for _, row := range exitCodes {
		if row.of(err) {
			return row.code
		}
	}
	return exitFailure
}

// kernelsCode is the code that all failures on other kernels share; a panic, and failures that mean different things, are a failure.
func kernelsCode(failed *kernels.FailedError) int {
	codes := slices.Clone(failed.Codes)
	for _, err := range failed.Ends {
		codes = append(codes, exitCode(err))
	}
	for _, known := range []int{exitUsage, exitRegression, exitInconclusive, exitUnsupported} {
		if !failed.Panicked && !slices.ContainsFunc(codes, func(c int) bool { return c != known }) {
			return known
		}
	}
	return exitFailure
}

// wrongWord reports whether an error of opening devices comes from a word of the user: only
// a command that takes names of devices can tell.
func wrongWord(err error) bool {
	if host.Cannot(err) {
		return false // a missing node of the driver is a missing file too
	}
	for _, wrong := range []error{
		fs.ErrNotExist, tun.ErrNotExist, tun.ErrMismatch, tun.ErrName, tun.ErrNotNamespace, forwarder.ErrConfig, forward.ErrSameDevice, nic.ErrBridge, nic.ErrRoute,
	} {
		if errors.Is(err, wrong) {
			return true
		}
	}
	return is[*tun.ConfigError](err) || is[*nic.ConfigError](err)
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

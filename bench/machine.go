package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"tunbench/results"
	"tunbench/results/analysis"
)

// oneMachine is the flag that picks a machine of a merged file.
type oneMachine struct{ name string }

func (o *oneMachine) add(flags *pflag.FlagSet) {
	flags.StringVar(&o.name, "machine", "", "of a merged file, what this machine measured (its `name`)")
}

// read reads a result file; of a merged one the part of the machine that was asked for, or the whole where none was.
func (o oneMachine) read(path string) (*results.File, error) {
	file, err := results.ReadFile(path)
	if err != nil || o.name == "" {
		return file, err
	}
	if file.Merge == nil {
		return nil, &usageError{fmt.Errorf("--machine %s: %s is of one machine: leave it out", o.name, path)}
	}
	var names []string
	for _, m := range analysis.MachinesOf(file) {
		if m.Name == o.name {
			return m.File, nil
		}
		names = append(names, m.Name)
	}
	return nil, &usageError{fmt.Errorf("--machine %s: not in %s, which has %s", o.name, path, shownNames(names))}
}

// readOne is read for a command to which the trials of several machines mean nothing together.
func (o oneMachine) readOne(path string) (*results.File, error) {
	file, err := o.read(path)
	if err != nil {
		return nil, err
	}
	return file, notMerged(file, path)
}

// notMerged returns an error if a file is of several machines.
func notMerged(file *results.File, path string) error {
	if file.Merge == nil {
		return nil
	}
	var names []string
	for _, m := range analysis.MachinesOf(file) {
		names = append(names, m.Name)
	}
	if len(names) == 0 {
		return &usageError{fmt.Errorf("%s is a merged file without any machine", path)}
	}
	return &usageError{fmt.Errorf("%s is of %s, whose trials are never taken together: choose one with --machine NAME (%s)", path, results.Count(len(names), "machine"), shownNames(names))}
}

// shownNames lists names, of many the first ones.
func shownNames(names []string) string {
	const shown = 8
	if left := len(names) - shown; left > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), left)
	}
	return strings.Join(names, ", ")
}

// errNoGate says that a merged file has no gate.
var errNoGate = errors.New("no machine in it came to the verdict of a gate: want the merged file of a plan that tunbench gate --plan-out wrote")

// anyOf says whether a flag other than those named was given.
func anyOf(flags *pflag.FlagSet, but ...string) (name string) {
	flags.Visit(func(f *pflag.Flag) {
		if name == "" && !slices.Contains(but, f.Name) {
			name = f.Name
		}
	})
	return name
}

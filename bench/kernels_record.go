package main

import (
	"fmt"
	"slices"

	"tunbench/results"
)

// record is the row as a record, which every form of the table shows.
func (r *kernelRow) record() results.Kernel {
	o := r.Outcome
	k := results.Kernel{Name: r.Name, Package: r.Package, Release: o.Release, Emulated: o.Emulated, DurationS: o.Took.Seconds(), Notes: o.Notes}
	if r.Err != nil {
		k.Error = r.Err.Error()
	}
	if o.Release == "" {
		return k
	}
	for _, c := range o.Commands {
		with, without := features(c)
		k.With, k.Without = append(k.With, with...), append(k.Without, without...)
		if files := resultFilesOf(c); k.Host == nil && len(files) > 0 {
			k.Host = &files[0].Host
		}
		k.Commands = append(k.Commands, results.KernelCommand{
			Command: asAsked(c.Words), Outcome: outcomeOf(c), Without: didWithout(c), Failed: slices.Concat(complaints(c), unbalanced(c)),
		})
	}
	return k
}

// cpu says what a kernel ran on.
func cpu(k results.Kernel) string {
	switch {
	case k.Release == "":
		return "–"
	case k.Emulated:
		return "emulated"
	}
	return "native"
}

// printKernelRecord prints a record as soon as there is one: the next takes a while.
func (con *console) printKernelRecord(o kernelsOptions, k results.Kernel) error {
	if !o.json {
		return nil
	}
	line, err := results.Encode(k)
	if err != nil {
		return err
	}
	if _, err := con.stdout.Write(line); err != nil {
		return fmt.Errorf("print record: %w", err)
	}
	return nil
}

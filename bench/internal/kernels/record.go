package kernels

import (
	"fmt"
	"slices"

	"tunbench/bench/internal/guest"
	"tunbench/results"
)

// record is what every form of the table shows.
func (b boot) record() results.Kernel {
	o := b.outcome
	k := results.Kernel{Name: b.name, Package: b.pkg, Release: o.Release, Emulated: o.Emulated, DurationS: o.Took.Seconds(), Notes: o.Notes}
	if b.err != nil {
		k.Error = b.err.Error()
	}
	if o.Release == "" {
		return k
	}
	for i, c := range o.Commands {
		with, without := features(c)
		k.With, k.Without = append(k.With, with...), append(k.Without, without...)
		if files := resultFilesOf(c); k.Host == nil && len(files) > 0 {
			k.Host = &files[0].Host
		}
		k.Commands = append(k.Commands, results.KernelCommand{
			Command: b.commands[i].String(), Outcome: outcomeOf(c), Without: didWithout(c), Failed: slices.Concat(complaints(c), unbalanced(c)),
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

// outcomeOf is a word for the table.
func outcomeOf(c guest.Command) string {
	switch {
	case !c.Ended:
		return "no end"
	case c.Code == 0:
		return "ok"
	case panicked(c):
		return "panic"
	}
	return fmt.Sprintf("exit %d", c.Code)
}

package kernels

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tunbench/results"
)

// Table has a line per kernel and command, and below it what the command did without and how it failed. dir is where the rest is kept.
func Table(kernels []results.Kernel, dir string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kernel\tCPU\tcommand\toutcome")
	for _, k := range kernels {
		writeKernel(w, k)
	}
	_ = w.Flush() // a strings.Builder takes all
	if slices.ContainsFunc(kernels, func(k results.Kernel) bool { return k.Emulated }) {
		b.WriteString("\nemulated: QEMU translated every instruction; no figure tells how fast anything is\n")
	}
	fmt.Fprintf(&b, "\nwhat each command printed, and its records: %s\n", dir)
	return b.String()
}

func writeKernel(w io.Writer, k results.Kernel) {
	name := k.Release
	if name == "" {
		name = k.Name
	}
	first := name + "\t" + cpu(k) + "\t"
	line := func(command, outcome string) {
		fmt.Fprintf(w, "%s%s\t%s\n", first, command, outcome)
		first = "\t\t"
	}
	for i, c := range k.Commands {
		line(c.Command, c.Outcome)
		if i == 0 { // doctor
			if len(k.With) > 0 {
				line("", "with: "+strings.Join(k.With, ", "))
			}
			if len(k.Without) > 0 {
				line("", "without: "+strings.Join(k.Without, ", "))
			}
		}
		for _, text := range c.Without {
			line("", "without: "+text)
		}
		for _, text := range c.Failed {
			line("", "→ "+text)
		}
	}
	for _, note := range k.Notes {
		line("", "guest: "+note)
	}
	if k.Error != "" {
		for text := range strings.Lines(k.Error) {
			line("", "→ "+strings.TrimSpace(text))
		}
	}
	if k.DurationS > 0 {
		line("", "took "+time.Duration(k.DurationS*float64(time.Second)).Round(time.Second).String())
	}
}

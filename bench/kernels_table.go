package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tunbench/bench/internal/guest"
	"tunbench/results"
)

// printKernels writes a line per kernel and command, and below it what the command did without and how it failed.
func (con *console) printKernels(kernels []results.Kernel, dir string) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kernel\tCPU\tcommand\toutcome")
	for _, k := range kernels {
		printKernel(w, k)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if slices.ContainsFunc(kernels, func(k results.Kernel) bool { return k.Emulated }) {
		b.WriteString("\nemulated: QEMU translated every instruction; no figure tells how fast anything is\n")
	}
	fmt.Fprintf(&b, "\nwhat each command printed, and its records: %s\n", dir)
	_, err := con.stdout.Write(b.Bytes())
	return err
}

func printKernel(w io.Writer, k results.Kernel) {
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

func outcomeOf(c guest.Command) string {
	switch {
	case !c.Ended:
		return "no end"
	case c.Code == exitSuccess:
		return "ok"
	case panicked(c):
		return "panic"
	}
	return fmt.Sprintf("exit %d", c.Code)
}

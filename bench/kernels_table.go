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
)

// printKernels writes a line per kernel and command, and below it what the command did without and how it failed.
func (con *console) printKernels(rows []kernelRow, dir string) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kernel\tCPU\tcommand\toutcome")
	for _, r := range rows {
		r.print(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(r kernelRow) bool { return r.Outcome.Emulated }) {
		b.WriteString("\nemulated: QEMU translated every instruction; no figure tells how fast anything is\n")
	}
	fmt.Fprintf(&b, "\nwhat each command printed, and its records: %s\n", dir)
	_, err := con.stdout.Write(b.Bytes())
	return err
}

func (r *kernelRow) print(w io.Writer) {
	release := r.Outcome.Release
	if release == "" {
		release = r.Name
	}
	cpu := "native"
	switch {
	case r.Outcome.Release == "":
		cpu = "–"
	case r.Outcome.Emulated:
		cpu = "emulated"
	}
	first := release + "\t" + cpu + "\t"
	line := func(command, outcome string) {
		fmt.Fprintf(w, "%s%s\t%s\n", first, command, outcome)
		first = "\t\t"
	}
	for _, c := range r.Outcome.Commands {
		if r.Outcome.Release == "" {
			break
		}
		line(asAsked(c.Words), outcomeOf(c))
		with, without := features(c)
		if len(with) > 0 {
			line("", "with: "+strings.Join(with, ", "))
		}
		if len(without) > 0 {
			line("", "without: "+strings.Join(without, ", "))
		}
		for _, text := range didWithout(c) {
			line("", "without: "+text)
		}
		for _, text := range append(complaints(c), unbalanced(c)...) {
			line("", "→ "+text)
		}
	}
	for _, note := range r.Outcome.Notes {
		line("", "guest: "+note)
	}
	if r.Err != nil {
		for text := range strings.Lines(r.Err.Error()) {
			line("", "→ "+strings.TrimSpace(text))
		}
	}
	if r.Outcome.Took > 0 {
		line("", "took "+r.Outcome.Took.Round(time.Second).String())
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

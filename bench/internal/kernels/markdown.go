package kernels

import (
	"fmt"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/report"
)

// Markdown has a column for each kernel, and rows for its features and the outcome of each command; below, what was done without
// and what failed.
func Markdown(kernels []results.Kernel) string {
	var b strings.Builder
	row := func(first string, cell func(results.Kernel) string) {
		b.WriteString("| " + report.EscapeMarkdown(first))
		for _, k := range kernels {
			b.WriteString(" | " + report.EscapeMarkdown(cell(k)))
		}
		b.WriteString(" |\n")
	}
	row("", version)
	b.WriteString("|:--" + strings.Repeat("|:--", len(kernels)) + "|\n")
	row("CPU", cpu)
	everywhere, some := sharedFeatures(kernels)
	for _, name := range some {
		row(name, func(k results.Kernel) string { return hasFeature(k, name) })
	}
	for i, command := range commandsOf(kernels) {
		row(command, func(k results.Kernel) string {
			if i < len(k.Commands) {
				return k.Commands[i].Outcome
			}
			return "–"
		})
	}
	b.WriteString("\n")
	if len(everywhere) > 0 {
		fmt.Fprintf(&b, "All have: %s.\n\n", report.EscapeMarkdown(strings.Join(everywhere, ", ")))
	}
	for _, note := range notesOf(kernels) {
		fmt.Fprintf(&b, "- %s\n", report.EscapeMarkdown(note))
	}
	return b.String()
}

// version is the heading of a kernel: the upstream version of its package, else its release or what was asked for.
func version(k results.Kernel) string {
	if upstream, _, has := strings.Cut(k.Package, "-"); has {
		return upstream
	}
	if k.Release != "" {
		return k.Release
	}
	return k.Name
}

// sharedFeatures are those that every kernel has that was asked, and the others, in the order in which doctor tells them.
func sharedFeatures(kernels []results.Kernel) (everywhere, some []string) {
	for _, k := range kernels {
		for _, name := range slices.Concat(k.With, k.Without) {
			if slices.Contains(everywhere, name) || slices.Contains(some, name) {
				continue
			}
			if slices.ContainsFunc(kernels, func(k results.Kernel) bool { return hasFeature(k, name) == "no" }) {
				some = append(some, name)
			} else {
				everywhere = append(everywhere, name)
			}
		}
	}
	return everywhere, some
}

// hasFeature is "yes", "no", or "–" where doctor did not say.
func hasFeature(k results.Kernel, name string) string {
	switch {
	case slices.Contains(k.With, name):
		return "yes"
	case slices.Contains(k.Without, name):
		return "no"
	}
	return "–"
}

// commandsOf are the commands, the same for all kernels that came so far.
func commandsOf(kernels []results.Kernel) (commands []string) {
	for _, k := range kernels {
		for _, c := range k.Commands[min(len(commands), len(k.Commands)):] {
			commands = append(commands, c.Command)
		}
	}
	return commands
}

// notesOf says each thing once, with the kernels that it is true of.
func notesOf(kernels []results.Kernel) (notes []string) {
	var order []string
	where := map[string][]string{}
	add := func(k results.Kernel, text string) {
		if where[text] == nil {
			order = append(order, text)
		}
		if v := version(k); !slices.Contains(where[text], v) {
			where[text] = append(where[text], v)
		}
	}
	for _, k := range kernels {
		for _, c := range k.Commands {
			for _, text := range c.Without {
				add(k, "without: "+text)
			}
			for _, text := range c.Failed {
				add(k, c.Command+": "+text)
			}
		}
		if first, _, _ := strings.Cut(k.Error, "\n"); first != "" {
			add(k, first)
		}
	}
	for _, text := range order {
		notes = append(notes, strings.Join(where[text], ", ")+": "+text)
	}
	return notes
}

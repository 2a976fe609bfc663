package main

import (
	"fmt"
	"io"
	"strings"

	"tunbench/bench/internal/ui"
	"tunbench/results"
	"tunbench/results/report"
)

// printTable shows a result file on standard output.
func (a *app) printTable(f *results.File) error { return a.printFile(f, a.tableOptions()) }

// printMarkdown shows it as GitHub does Markdown.
func (a *app) printMarkdown(f *results.File) error {
	return a.printFile(f, report.Options{Markdown: true})
}

func (a *app) printFile(f *results.File, options report.Options) error {
	table, err := report.Table(f, options)
	if err != nil {
		return err
	}
	return a.printText(table)
}

// tableOptions are what standard output can show.
func (a *app) tableOptions() report.Options {
	if !ui.IsTerminal(a.stdout) {
		return report.Options{}
	}
	return report.Options{Color: !a.terminal.noColor, Width: ui.Width(a.stdout)}
}

func (a *app) printText(table string) error {
	if _, err := io.WriteString(a.stdout, table); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	return nil
}

// printLines says what came of it, unless records are what is printed.
func (a *app) printLines(o output, lines []string) error {
	if o.json {
		return nil
	}
	return a.printText("\n" + strings.Join(lines, "\n") + "\n")
}

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
func (con *console) printTable(f *results.File) error { return con.printFile(f, con.tableOptions()) }

// printMarkdown shows it as GitHub does Markdown.
func (con *console) printMarkdown(f *results.File) error {
	return con.printFile(f, report.Options{Markdown: true})
}

func (con *console) printFile(f *results.File, options report.Options) error {
	table, err := report.Table(f, options)
	if err != nil {
		return err
	}
	return con.printText(table)
}

// tableOptions are what standard output can show.
func (con *console) tableOptions() report.Options {
	if !ui.IsTerminal(con.stdout) {
		return report.Options{}
	}
	return report.Options{Color: !con.terminal.noColor, Width: ui.Width(con.stdout)}
}

func (con *console) printText(table string) error {
	if _, err := io.WriteString(con.stdout, table); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	return nil
}

// printLines says what came of it, unless records are what is printed.
func (con *console) printLines(o output, lines []string) error {
	if o.json {
		return nil
	}
	return con.printText("\n" + strings.Join(lines, "\n") + "\n")
}

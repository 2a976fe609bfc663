package main

import (
	"fmt"
	"io"

	"tunbench/bench/internal/ui"
	"tunbench/results"
	"tunbench/results/report"
)

// records is where the records of a run go: to a file, to standard output as
// JSON Lines, and into memory for the table.
type records struct {
	file   results.File
	trials int
	writer *results.Writer // nil without -o
	lines  io.Writer       // nil without --json
}

// openRecords creates the result file before anything is measured, so that a
// name that is taken costs nobody two minutes.
func (a *app) openRecords(o output) (*records, error) {
	r := &records{}
	if o.json {
		r.lines = a.stdout
	}
	if o.out == "" {
		return r, nil
	}
	var err error
	r.writer, err = results.Create(o.out)
	return r, err
}

// resumeRecords goes on with a result file whose run ended before its time, if check
// agrees: else it stays as it is. JSON Lines on standard output are those that are added.
func (a *app) resumeRecords(o output, check func(*results.File) error) (*records, error) {
	r := &records{}
	var err error
	r.writer, err = results.Resume(o.out, func(file *results.File) error {
		r.file, r.trials = *file, len(file.Trials)
		return check(file)
	})
	if err != nil {
		return nil, err
	}
	r.file.End, r.file.Warnings = nil, nil
	if o.json {
		r.lines = a.stdout
	}
	return r, nil
}

func (r *records) write(record results.Record) error {
	if r.writer != nil {
		if err := r.writer.Write(record); err != nil {
			return err
		}
	}
	r.keep(record)
	if r.lines == nil {
		return nil
	}
	line, err := results.Encode(record)
	if err != nil {
		return err
	}
	if _, err := r.lines.Write(line); err != nil {
		return fmt.Errorf("print record: %w", err)
	}
	return nil
}

// keep remembers what the table shows. The intervals of a soak are not part of it:
// there is no end to them.
func (r *records) keep(record results.Record) {
	t, isTrial := record.(results.Trial)
	if isTrial {
		r.trials++
	}
	if !isTrial || t.Phase != results.PhaseInterval {
		r.file.Add(record)
	}
}

func (r *records) close() error {
	if r.writer == nil {
		return nil
	}
	return r.writer.Close()
}

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

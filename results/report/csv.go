package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
)

// WriteCSV writes a header and a line per trial, whatever became of it, in the order of the file. The columns are the same for every file
// of one version: what the trial was, every metric of [results.MetricNames] in its own unit, and how it ended. What does not apply is empty. A merged
// file has one column more, the first: the name of the machine.
func WriteCSV(w io.Writer, f *results.File) error {
	columns := csvColumns()
	out := csv.NewWriter(w)
	fields := make([]string, len(columns))
	for i, c := range columns {
		fields[i] = c.name
	}
	if err := out.Write(append(leading(f, "machine"), fields...)); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	for _, m := range analysis.MachinesOf(f) {
		for _, t := range m.Trials {
			figures := results.Metrics(t)
			for i, c := range columns {
				fields[i] = c.field(t, figures)
			}
			if err := out.Write(append(leading(f, cell(m.Name)), fields...)); err != nil {
				return fmt.Errorf("write CSV: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// leading is the field of the machine, which a file of one machine does not have.
func leading(f *results.File, field string) []string {
	if f.Merge == nil {
		return nil
	}
	return []string{field}
}

// csvColumn is a column, named as in the trial record.
type csvColumn struct {
	name  string
	field func(t results.Trial, figures map[results.Metric]float64) string
}

func csvColumns() []csvColumn {
	of := func(field func(results.Trial) string) func(results.Trial, map[results.Metric]float64) string {
		return func(t results.Trial, _ map[results.Metric]float64) string { return field(t) }
	}
	columns := []csvColumn{
		{"scenario", of(func(t results.Trial) string { return cell(t.Scenario) })},
		{"round", of(func(t results.Trial) string { return strconv.Itoa(t.Round) })},
		{"arm", of(func(t results.Trial) string { return cell(t.Arm) })},
		{"phase", of(func(t results.Trial) string { return cell(string(t.Phase)) })},
		{"start", of(func(t results.Trial) string { return t.Start.UTC().Format(time.RFC3339Nano) })},
		{"duration_s", of(durationField)},
	}
	for _, m := range results.MetricNames() {
		columns = append(columns, csvColumn{string(m), func(_ results.Trial, figures map[results.Metric]float64) string {
			if v, ok := figures[m]; ok {
				return whole(v)
			}
			return ""
		}})
	}
	return append(columns,
		csvColumn{"limited_by", of(func(t results.Trial) string { return cell(t.LimitedBy) })},
		csvColumn{"interrupted", of(func(t results.Trial) string { return strconv.FormatBool(t.Interrupted) })},
		csvColumn{"error", of(func(t results.Trial) string { return cell(t.Error) })},
	)
}

// durationField is empty where a trial failed before it began.
func durationField(t results.Trial) string {
	if t.DurationS == 0 {
		return ""
	}
	return whole(t.DurationS)
}

// cell makes text from elsewhere fit for a cell: on one line, and read as text by spreadsheets, which take a cell that begins with one of =+-@
// for a formula. They do not show the apostrophe before it.
func cell(text string) string {
	text = plain(text)
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		return "'" + text
	}
	return text
}

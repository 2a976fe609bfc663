package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"tunbench/results"
)

// WriteOtava writes the figures of files as CSV for Apache Otava's change point detection (https://github.com/apache/otava, docs/CSV.md):
// a line for each file in the order of their time, with the columns time, commit and host, then one for each scenario and metric, the median over its repeats.
// A figure that a file does not have is empty.
func WriteOtava(w io.Writer, files ...*results.File) error {
	var columns []string
	known := map[string]bool{}
	var rows []map[string]string
	for _, f := range byTime(files) {
		figures, err := exportedOf(f)
		if err != nil {
			return err
		}
		row := map[string]string{"time": f.Host.Time.UTC().Format(time.RFC3339), "commit": cell(f.Host.Commit), "host": cell(f.Host.Hostname)}
		for _, e := range figures {
			column := e.name + "." + e.measure()
			if !known[column] {
				known[column] = true
				columns = append(columns, column)
			}
			row[column] = whole(e.stat.Median)
		}
		rows = append(rows, row)
	}
	columns = append([]string{"time", "commit", "host"}, columns...)
	out := csv.NewWriter(w)
	// The writer keeps its first error for the end.
	header := make([]string, len(columns))
	for i, column := range columns {
		header[i] = cell(column)
	}
	_ = out.Write(header)
	for _, row := range rows {
		fields := make([]string, len(columns))
		for i, column := range columns {
			fields[i] = row[column]
		}
		_ = out.Write(fields)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write CSV for Otava: %w", err)
	}
	return nil
}

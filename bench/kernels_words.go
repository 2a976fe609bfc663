package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/host"
	"tunbench/results"
)

// didWithout are the features that doctor misses, or what a record notes; each once.
func didWithout(c guest.Command) (texts []string) {
	add := func(notes []string) {
		for _, n := range notes {
			if !slices.Contains(texts, n) {
				texts = append(texts, n)
			}
		}
	}
	if c.Words[0] == "doctor" {
		var checks []host.Check
		if json.Unmarshal(c.Stdout, &checks) != nil {
			return nil
		}
		var missing []string
		for _, check := range checks {
			if check.State == host.Missing {
				missing = append(missing, check.Name)
			}
		}
		if len(missing) > 0 {
			texts = append(texts, strings.Join(missing, ", "))
		}
		return texts
	}
	for _, file := range resultFilesOf(c) {
		for _, t := range file.Calibrations {
			add(t.Notes)
		}
		for _, t := range file.Trials {
			if t.DUT != nil {
				add(t.DUT.Notes)
			}
			if t.Sender != nil {
				add(t.Sender.Notes)
			}
			if t.Sink != nil {
				add(t.Sink.Notes)
			}
		}
	}
	return texts
}

// resultFilesOf are the result files that a command left.
func resultFilesOf(c guest.Command) (files []*results.File) {
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if file, err := results.Read(bytes.NewReader(c.Files[name])); err == nil {
			files = append(files, file)
		}
	}
	return files
}

// complaintLines is how much of what a failed command said the table shows.
const complaintLines = 3

// complaints are what made the trials of a failed command fail, and the last lines that it wrote to standard error; of a panic the first, which
// name it.
func complaints(c guest.Command) (lines []string) {
	if c.Ended && c.Code == exitSuccess {
		return nil
	}
	for _, file := range resultFilesOf(c) {
		for _, t := range file.Trials {
			if t.Error != "" && !slices.Contains(lines, t.Error) {
				lines = append(lines, t.Error)
			}
		}
	}
	var said []string
	for line := range strings.Lines(string(c.Stderr)) {
		if line = strings.TrimSpace(line); line != "" {
			said = append(said, line)
		}
	}
	if i := slices.IndexFunc(said, isPanic); i >= 0 {
		return append(lines, said[i:min(i+complaintLines, len(said))]...)
	}
	return append(lines, said[max(0, len(said)-complaintLines):]...)
}

// panicked says whether Go's runtime ended a command, with the exit code of wrong usage.
func panicked(c guest.Command) bool {
	return c.Code == exitUsage && slices.ContainsFunc(strings.Split(string(c.Stderr), "\n"), isPanic)
}

func isPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/host"
	"tunbench/results"
)

// features says what doctor found of that in which kernels differ, and what it misses of anything.
func features(c guest.Command) (with, without []string) {
	var checks []host.Check
	if c.Words[0] != "doctor" || json.Unmarshal(c.Stdout, &checks) != nil {
		return nil, nil
	}
	for _, check := range checks {
		switch {
		case check.State == host.Missing:
			without = append(without, check.Name)
		case check.State == host.OK && ofTheKernel(check.Name):
			with = append(with, check.Name)
		}
	}
	return with, without
}

func ofTheKernel(name string) bool {
	return slices.ContainsFunc([]string{"TUN", "IFF_", "RWF_", "vnet header", "BPF ", "io_uring"}, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// sceneName is a namespace in a note, another one each time.
var sceneName = regexp.MustCompile(`\btb-[0-9]+-[a-z]+:`)

// didWithout is what the records of a command note, each once.
func didWithout(c guest.Command) (texts []string) {
	add := func(notes []string) {
		for _, n := range notes {
			n = sceneName.ReplaceAllString(n, "")
			if !slices.Contains(texts, n) {
				texts = append(texts, n)
			}
		}
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

// unbalanced names the trials whose ledger does not balance, which a command that succeeds says only in its table.
func unbalanced(c guest.Command) (lines []string) {
	for _, file := range resultFilesOf(c) {
		for _, t := range file.Trials {
			if n := t.Ledger.Balance(); n != 0 && !t.Failed() {
				lines = append(lines, fmt.Sprintf("packets unaccounted for: %d", n))
			}
		}
	}
	return lines
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
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "tunbench: warning: ") { // it is in the records
			said = append(said, line)
		}
	}
	if i := slices.IndexFunc(said, isPanic); i >= 0 {
		return append(lines, said[i:min(i+complaintLines, len(said))]...)
	}
	for _, line := range said[max(0, len(said)-complaintLines):] {
		if line = strings.TrimPrefix(line, "tunbench: "); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// panicked says whether Go's runtime ended a command, with the exit code of wrong usage.
func panicked(c guest.Command) bool {
	return c.Code == exitUsage && slices.ContainsFunc(strings.Split(string(c.Stderr), "\n"), isPanic)
}

func isPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

package kernels

import (
	"fmt"
	"slices"
	"strings"

	"tunbench/bench/internal/guest"
)

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
	if c.Ended && c.Code == 0 {
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

// panicCode is the exit code that Go's runtime ends a program with, and tunbench's own for wrong usage.
const panicCode = 2

// panicked says whether Go's runtime ended a command.
func panicked(c guest.Command) bool {
	return c.Code == panicCode && slices.ContainsFunc(strings.Split(string(c.Stderr), "\n"), isPanic)
}

func isPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

package results

import (
	"fmt"
	"strings"
)

// briefLines is how much of a program's last words a table or report repeats; the records have the rest.
const briefLines = 4

// Brief is an error on one line, fit for a terminal and for Markdown that is escaped: of a crash the message and where it was, not the stacks
// of all goroutines.
func Brief(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = plain(line); line != "" {
			lines = append(lines, line)
		}
	}
	if left := len(lines) - briefLines; left > 1 {
		lines = append(lines[:briefLines], fmt.Sprintf("… %d more lines in the records", left))
	}
	return strings.Join(lines, " · ")
}

package doctor

import (
	"fmt"
	"strings"
)

// Text has a line for each check, and below one that is not OK what it means and what
// to do.
func Text(checks []Check) string {
	width := 0
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%-8s  %-*s  %s\n", c.State, width, c.Name, c.Found)
		if c.State == OK {
			continue
		}
		for _, text := range []string{c.Meaning, c.Remedy} {
			if text != "" {
				fmt.Fprintf(&b, "%-8s  %-*s  → %s\n", "", width, "", text)
			}
		}
	}
	return b.String()
}

package tune

import (
	"fmt"
	"strings"
)

// Text has a line for each setting: what came of it, the knob, the place, and the value before and after; a note is on a line
// of its own.
func Text(settings []Setting) string {
	states, knobs := 0, 0
	for _, s := range settings {
		states, knobs = max(states, len(s.State)), max(knobs, len(s.Knob))
	}
	var b strings.Builder
	for _, s := range settings {
		line := fmt.Sprintf("%-*s  %-*s  %s", states, s.State, knobs, s.Knob, s.found())
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if s.Note != "" && s.State != Absent {
			fmt.Fprintf(&b, "%*s→ %s\n", states+knobs+4, "", s.Note)
		}
	}
	return b.String()
}

// found is where the setting is and what became of it.
func (s Setting) found() string {
	switch {
	case s.State == Absent:
		return s.Note
	case s.Was == s.Now || s.Now == "":
		return strings.TrimSpace(s.Place + "  " + s.Was)
	}
	return fmt.Sprintf("%s  %s → %s", s.Place, s.Was, s.Now)
}

// KnobsText lists the knobs for a help text.
func KnobsText() string {
	var b strings.Builder
	for _, k := range Knobs() {
		fmt.Fprintf(&b, "  %s: %s\n      %s\n", k.Name, k.Goal, k.Why)
	}
	return b.String()
}

package conform

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Report is what came of a suite, as results came in.
type Report []Result

// count says how many results have an outcome.
func (r Report) count(o Outcome) (n int) {
	for _, result := range r {
		if result.Outcome == o {
			n++
		}
	}
	return n
}

// Failed says how many cases failed.
func (r Report) Failed() int { return r.count(Failed) }

// settings lists the names, in order.
func (r Report) settings() []string {
	return unique(r, func(result Result) string { return result.Setting })
}

// cases lists the names, in order.
func (r Report) cases() []string { return unique(r, func(result Result) string { return result.Case }) }

func unique(r Report, name func(Result) string) []string {
	var names []string
	for _, result := range r {
		if !slices.Contains(names, name(result)) {
			names = append(names, name(result))
		}
	}
	return names
}

// of returns the results of one setting.
func (r Report) of(setting string) (part Report) {
	for _, result := range r {
		if result.Setting == setting {
			part = append(part, result)
		}
	}
	return part
}

// summary is the outcome of all in a line.
func (r Report) summary() string {
	seconds := 0.0
	for _, result := range r {
		seconds += result.Seconds
	}
	return fmt.Sprintf("%d passed, %d failed, %d not applicable, in %.1f s", r.count(Passed), r.count(Failed), r.count(NotApplicable), seconds)
}

// Text lists for each setting what did not pass, the figures, and a summary.
func (r Report) Text() string {
	var b strings.Builder
	for _, setting := range r.settings() {
		part := r.of(setting)
		fmt.Fprintln(&b, setting)
		for _, result := range part {
			b.WriteString(result.text())
		}
		fmt.Fprintf(&b, "  %s\n\n", part.summary())
	}
	return b.String()
}

// shownHex is how much of a packet a text shows, in hexadecimal digits; --json has it whole.
const shownHex = 200

// text is empty for a case that passed and has no figures.
func (r Result) text() string {
	var b strings.Builder
	if r.Outcome != Passed {
		fmt.Fprintf(&b, "  %-4s %s: %s\n", r.Outcome, r.Case, r.sentence())
	}
	if r.Packet != "" {
		packet, more := r.Packet, ""
		if len(packet) > shownHex {
			packet, more = packet[:shownHex], "…"
		}
		fmt.Fprintf(&b, "       %s%s\n       %s\n", packet, more, r.Decoded)
	}
	if r.Outcome == Passed {
		for _, name := range slices.Sorted(maps.Keys(r.Figures)) {
			fmt.Fprintf(&b, "  %-4s %s: %s %.4g\n", r.Outcome, r.Case, name, r.Figures[name])
		}
	}
	return b.String()
}

// sentence says why a case did not pass.
func (r Result) sentence() string {
	text := r.Reason
	if r.Finding != "" {
		text = string(r.Finding) + ": " + text
	}
	switch r.Again {
	case Failed:
		text += " (it failed again in a new scene)"
	case Passed:
		text += " (it passed when repeated in a new scene)"
	}
	return text
}

// Markdown is a matrix of all cases and settings, and below it why cases failed.
func (r Report) Markdown() string {
	var b strings.Builder
	settings := r.settings()
	fmt.Fprintf(&b, "**tunbench check: %s**\n\n| case |", r.summary())
	for i := range settings {
		fmt.Fprintf(&b, " %d |", i+1)
	}
	b.WriteString("\n|:--|" + strings.Repeat(":-:|", len(settings)) + "\n")
	outcomes := map[[2]string]Outcome{}
	for _, result := range r {
		outcomes[[2]string{result.Setting, result.Case}] = result.Outcome
	}
	for _, name := range r.cases() {
		fmt.Fprintf(&b, "| %s |", name)
		for _, setting := range settings {
			outcome := outcomes[[2]string{setting, name}]
			if outcome == Failed {
				outcome = "**" + outcome + "**"
			}
			fmt.Fprintf(&b, " %s |", outcome)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for i, setting := range settings {
		fmt.Fprintf(&b, "%d. `%s`\n", i+1, setting)
	}
	for _, result := range r {
		if result.Outcome == Failed {
			fmt.Fprintf(&b, "\n`%s` on `%s`:\n\n%s\n", result.Case, result.Setting, indent(result.text()))
		}
	}
	return b.String()
}

// indent makes lines code.
func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

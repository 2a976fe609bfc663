package results

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// markdownParagraph writes a line as a paragraph, several as a list; what is bold on a terminal is so here.
func markdownParagraph(lines []string, color text.Color) string {
	var b strings.Builder
	for _, line := range lines {
		if len(lines) > 1 {
			b.WriteString("- ")
		}
		line = escapeMarkdown(line)
		if color == text.Bold {
			line = "**" + line + "**"
		}
		b.WriteString(line + "\n")
		if len(lines) == 1 {
			b.WriteString("\n")
		}
	}
	if len(lines) > 1 {
		b.WriteString("\n")
	}
	return b.String()
}

// markdownGroups makes a table per group below its heading: cells of GitHub's tables do not span columns.
func markdownGroups[R any](groups []group[R], columns []column[R]) string {
	escaped := make([]column[R], len(columns))
	for i, c := range columns {
		escaped[i] = c
		escaped[i].header = strings.TrimSpace(c.header)
		escaped[i].cell = func(r R) string { return escapeMarkdown(c.cell(r)) }
	}
	var b strings.Builder
	for _, g := range groups {
		if g.heading != "" {
			b.WriteString(markdownParagraph([]string{g.heading}, text.Bold))
		}
		if len(g.rows) > 0 {
			b.WriteString(layOut([]group[R]{{rows: g.rows}}, escaped).RenderMarkdown() + "\n\n")
		}
	}
	return b.String()
}

// escapeMarkdown keeps text from being read as markup. Bars have a meaning in tables only, where the renderer escapes them.
func escapeMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "&", `\&`, "[", `\[`, "~", `\~`).Replace(s)
}

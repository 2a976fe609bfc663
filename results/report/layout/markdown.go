package layout

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
		line = EscapeMarkdown(line)
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
func markdownGroups[R any](groups []Group[R], columns []Column[R]) string {
	escaped := make([]Column[R], len(columns))
	for i, c := range columns {
		escaped[i] = c
		escaped[i].Header = strings.TrimSpace(c.Header)
		escaped[i].Cell = func(r R) string { return EscapeMarkdown(c.Cell(r)) }
	}
	var b strings.Builder
	for _, g := range groups {
		if g.Heading != "" {
			b.WriteString(markdownParagraph([]string{g.Heading}, text.Bold))
		}
		if len(g.Rows) > 0 {
			b.WriteString(layOut([]Group[R]{{Rows: g.Rows}}, escaped).RenderMarkdown() + "\n\n")
		}
	}
	return b.String()
}

// EscapeMarkdown keeps text from being read as markup. Bars have a meaning in tables only, where the renderer escapes them.
func EscapeMarkdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "&", `\&`, "[", `\[`, "~", `\~`).Replace(s)
}

package results

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// page is a text in the making, for a terminal or in Markdown: sections of paragraphs and tables.
type page struct {
	text    strings.Builder
	options Options
}

// paragraph writes lines, wrapped to the width.
func (p *page) paragraph(lines []string, indent string, color text.Color) {
	if p.options.Markdown {
		p.text.WriteString(markdownParagraph(lines, color))
		return
	}
	for _, line := range lines {
		p.text.WriteString(p.options.paint(p.options.wrap(line, indent), color) + "\n")
	}
}

// blank writes an empty line for a terminal; in Markdown every paragraph and table ends with one.
func (p *page) blank() {
	if !p.options.Markdown {
		p.text.WriteString("\n")
	}
}

// section begins what is no plain trial: a heading and what the scenarios below it share.
func (p *page) section(heading string, shared []string) {
	p.blank()
	p.paragraph([]string{heading}, "", text.Bold)
	p.paragraph(shared, gap, text.Faint)
}

// explain writes the legend of a table.
func (p *page) explain(legend string, dropped []string) {
	if legend != "" {
		p.paragraph([]string{legend}, "", text.Faint)
	}
	if len(dropped) > 0 {
		p.paragraph([]string{"Not shown for want of width: " + strings.Join(dropped, ", ") + "."}, "", text.Faint)
	}
}

// tabulate writes rows as a table with a blank line around it, with as many of the columns as the width allows. It returns those shown and
// the names of those dropped. Groups without any row are their headings alone.
func tabulate[R any](p *page, groups []group[R], candidates []column[R]) (shown []column[R], dropped []string) {
	p.blank()
	switch {
	case len(allRows(groups)) == 0:
		for _, g := range groups {
			p.paragraph([]string{g.heading}, gap, text.Bold)
		}
	case p.options.Markdown:
		shown, _ = chooseColumns(groups, candidates, 0)
		p.text.WriteString(markdownGroups(groups, shown))
	default:
		shown, dropped = chooseColumns(groups, candidates, p.options.Width)
		p.text.WriteString(renderGroups(groups, shown, p.options))
	}
	p.blank()
	return shown, dropped
}

// String is the page as it is, which ends in a newline.
func (p *page) String() string {
	if p.options.Markdown {
		return strings.TrimRight(p.text.String(), "\n") + "\n"
	}
	return p.text.String()
}

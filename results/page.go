package results

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// page is a text for a terminal in the making: sections of paragraphs and tables.
type page struct {
	text    strings.Builder
	options Options
}

// paragraph writes lines, wrapped to the width.
func (p *page) paragraph(lines []string, indent string, color text.Color) {
	for _, line := range lines {
		p.text.WriteString(p.options.paint(p.options.wrap(line, indent), color) + "\n")
	}
}

// section begins what is no plain trial: a heading and what the scenarios below it share.
func (p *page) section(heading string, shared []string) {
	p.text.WriteString("\n")
	p.paragraph([]string{heading}, "", text.Bold)
	p.paragraph(shared, gap, text.Faint)
}

// explain writes the legend of a table.
func (p *page) explain(legend string, dropped []string) {
	p.paragraph([]string{legend}, "", text.Faint)
	if len(dropped) > 0 {
		p.paragraph([]string{"Not shown for want of width: " + strings.Join(dropped, ", ") + "."}, "", text.Faint)
	}
}

// tabulate writes rows as a table with a blank line around it, with as many of the columns as the width allows. It returns those shown and
// the names of those dropped. Groups without any row are their headings alone.
func tabulate[R any](p *page, groups []group[R], candidates []column[R]) (shown []column[R], dropped []string) {
	p.text.WriteString("\n")
	if len(allRows(groups)) == 0 {
		for _, g := range groups {
			p.paragraph([]string{g.heading}, gap, text.Bold)
		}
	} else {
		shown, dropped = chooseColumns(groups, candidates, p.options.Width)
		p.text.WriteString(renderGroups(groups, shown, p.options))
	}
	p.text.WriteString("\n")
	return shown, dropped
}

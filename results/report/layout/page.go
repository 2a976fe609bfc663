package layout

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Page is a text in the making, for a terminal or in Markdown: sections of paragraphs and tables.
type Page struct {
	text    strings.Builder
	options Options
}

// NewPage is an empty page.
func NewPage(o Options) *Page { return &Page{options: o} }

// Paragraph writes lines, wrapped to the width.
func (p *Page) Paragraph(lines []string, indent string, color text.Color) {
	if p.options.Markdown {
		p.text.WriteString(markdownParagraph(lines, color))
		return
	}
	for _, line := range lines {
		p.text.WriteString(p.options.paint(p.options.wrap(line, indent), color) + "\n")
	}
}

// Blank writes an empty line for a terminal; in Markdown every paragraph and table ends with one.
func (p *Page) Blank() {
	if !p.options.Markdown {
		p.text.WriteString("\n")
	}
}

// Section begins a part of the page: a heading, and lines about what the rows below it share.
func (p *Page) Section(heading string, shared []string) {
	p.Blank()
	p.Paragraph([]string{heading}, "", text.Bold)
	p.Paragraph(shared, Gap, text.Faint)
}

// Explain writes the legend of a table, and which columns the width did not allow.
func (p *Page) Explain(legend string, dropped []string) {
	if legend != "" {
		p.Paragraph([]string{legend}, "", text.Faint)
	}
	if len(dropped) > 0 {
		p.Paragraph([]string{"Not shown for want of width: " + strings.Join(dropped, ", ") + "."}, "", text.Faint)
	}
}

// Tabulate writes rows as a table between blank lines, with as many of the columns as the width allows. It returns the columns shown and the
// names of those dropped. Where no group has a row it writes the headings alone.
func Tabulate[R any](p *Page, groups []Group[R], candidates []Column[R]) (shown []Column[R], dropped []string) {
	p.Blank()
	switch {
	case len(AllRows(groups)) == 0:
		for _, g := range groups {
			p.Paragraph([]string{g.Heading}, Gap, text.Bold)
		}
	case p.options.Markdown:
		shown, _ = chooseColumns(groups, candidates, 0)
		p.text.WriteString(markdownGroups(groups, shown))
	default:
		shown, dropped = chooseColumns(groups, candidates, p.options.Width)
		p.text.WriteString(renderGroups(groups, shown, p.options))
	}
	p.Blank()
	return shown, dropped
}

// String is the page as it is, which ends in a newline.
func (p *Page) String() string {
	if p.options.Markdown {
		return strings.TrimRight(p.text.String(), "\n") + "\n"
	}
	return p.text.String()
}

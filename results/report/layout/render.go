package layout

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// renderGroups lays out all rows together, so that the columns of all groups align, and puts the headings between.
func renderGroups[R any](groups []Group[R], columns []Column[R], o Options) string {
	lines := strings.Split(layOut(groups, columns).Render(), "\n")
	rows := len(AllRows(groups))
	head, body := lines[:len(lines)-rows], lines[len(lines)-rows:]
	for _, g := range groups {
		if g.Heading != "" {
			head = append(head[:len(head):len(head)], o.paint(o.wrap(g.Heading, Gap), text.Bold))
		}
		head = append(head[:len(head):len(head)], body[:len(g.Rows)]...)
		body = body[len(g.Rows):]
	}
	var b strings.Builder
	for _, line := range head {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// layOut makes the header, a rule and one line per row.
func layOut[R any](groups []Group[R], columns []Column[R]) table.Writer {
	w := table.NewWriter()
	w.SetStyle(style())
	header := make(table.Row, len(columns))
	configs := make([]table.ColumnConfig, len(columns))
	for i, c := range columns {
		align := text.AlignRight
		if c.Left {
			align = text.AlignLeft
		}
		header[i] = c.Header
		configs[i] = table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align, VAlignHeader: text.VAlignBottom}
	}
	w.AppendHeader(header)
	w.SetColumnConfigs(configs)
	for _, g := range groups {
		for _, r := range g.Rows {
			cells := make(table.Row, len(columns))
			for i, c := range columns {
				cells[i] = c.Cell(r)
			}
			cells[0] = g.indent() + columns[0].Cell(r)
			w.AppendRow(cells)
		}
	}
	return w
}

// style has a rule below the header and no other lines.
func style() table.Style {
	s := table.StyleLight
	s.Format = table.FormatOptions{Header: text.FormatDefault, Row: text.FormatDefault}
	s.Options = table.Options{SeparateHeader: true}
	s.Box.PaddingLeft, s.Box.PaddingRight = "", Gap
	return s
}

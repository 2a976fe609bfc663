package page

import (
	"fmt"
	"strconv"

	"tunbench/results/report/chart"
)

// Widths that charts are drawn for: the column of text on a screen, and a phone.
const (
	wideWidth   = 760
	narrowWidth = 330
)

// mostRows is how many rows a chart or table has; a page of more could not be read, and would open slowly.
const (
	mostRows      = 48
	mostTableRows = 600
)

// add adds a section that has something to show.
func (b *builder) add(s section) {
	if len(s.Figures)+len(s.Words) > 0 {
		b.doc.Sections = append(b.doc.Sections, s)
	}
}

// chart draws a figure for both widths. The label says in words what it shows.
func (b *builder) chart(f figure, label string, draw func(width float64) chart.Drawing) (figure, error) {
	var err error
	if f.Wide, err = b.svg.SVG(draw(wideWidth), "wide", f.Title, label); err != nil {
		return f, err
	}
	if f.Narrow, err = b.svg.SVG(draw(narrowWidth), "narrow", f.Title, label); err != nil {
		return f, err
	}
	return b.named(f), nil
}

// named gives a figure its identifier, and bounds its table.
func (b *builder) named(f figure) figure {
	b.figures++
	f.ID = "figure-" + strconv.Itoa(b.figures)
	if n := len(f.Table.Rows); n > mostTableRows {
		f.Table.Rows = f.Table.Rows[:mostTableRows]
		f.Table.Note = fmt.Sprintf("The first %d of %d rows; tunbench report --format csv has every trial.", mostTableRows, n)
	}
	return f
}

// shownRows bounds the rows of a chart, and says what it leaves out.
func shownRows[R any](rows []R, note *string) []R {
	if len(rows) <= mostRows {
		return rows
	}
	*note += fmt.Sprintf(" The chart has the first %d of %d rows.", mostRows, len(rows))
	return rows[:mostRows]
}

// figureCell is a figure in words, sorted by its value.
func figureCell(value float64, text string) cell {
	return cell{Text: text, Sort: strconv.FormatFloat(value, 'g', 8, 64)}
}

// optional is a figure that may be absent.
func optional(value *float64, format func(float64) string) cell {
	if value == nil {
		return cell{Text: "–"}
	}
	return figureCell(*value, format(*value))
}

func textCell(text string) cell { return cell{Text: text, Class: "t"} }

// count is a whole number.
func count(n int64) cell { return figureCell(float64(n), strconv.FormatInt(n, 10)) }

// numbers are the heads of columns of figures, behind a first column of names.
func numbers(first string, names ...string) []column {
	head := []column{{Name: first}}
	for _, name := range names {
		head = append(head, column{name, true})
	}
	return head
}

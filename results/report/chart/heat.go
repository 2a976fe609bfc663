package chart

// Heat is a table whose cells are shaded by their figures.
type Heat struct {
	Columns, Rows       []string // what the columns and rows stand for
	ColumnName, RowName string
	Cells               [][]HeatCell // by row, then column
}

// HeatCell is one figure.
type HeatCell struct {
	Shade float64 // 0 to 1
	Text  string  // empty: there is no figure
	Tip   string
}

const heatRow = 30.0

// Draw draws for a width.
func (h Heat) Draw(width float64) Drawing {
	left := max(widest(h.Rows, 0.35*width), letter*3) + 2*edge
	cell := min((width-left)/float64(max(len(h.Columns), 1)), 130)
	f := frame{left: left, top: 2*textHeight + edge, right: left + cell*float64(len(h.Columns))}
	f.bottom = f.top + heatRow*float64(len(h.Rows))
	c := &canvas{}
	f.draw(c)
	c.text("label name", 0, textHeight-3, "start", fit(h.RowName+" ↓   "+h.ColumnName+" →", width))
	for i, name := range h.Columns {
		c.text("label tick", f.left+(float64(i)+0.5)*cell, f.top-edge, "middle", fit(name, cell-4))
	}
	for j, name := range h.Rows {
		y := f.top + float64(j)*heatRow
		c.text("label row", f.left-edge, y+heatRow/2+4, "end", fit(name, left-2*edge))
		for i, value := range h.Cells[j] {
			if value.Text == "" {
				continue
			}
			x := f.left + float64(i)*cell
			c.group("mark cell h"+shade(value.Shade), "", value.Tip, func(c *canvas) {
				c.rect("tile", x+1, y+1, cell-2, heatRow-2)
				c.text("in-cell", x+cell/2, y+heatRow/2+4, "middle", fit(value.Text, cell-2))
			})
		}
	}
	return Drawing{width, f.bottom + edge, c.shapes}
}

// shade is one of seven.
func shade(v float64) string { return string(rune('0' + int(min(max(v, 0), 0.9999)*7))) }

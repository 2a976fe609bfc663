package chart

// Stack is a row per thing, divided into parts.
type Stack struct {
	Rows   []StackRow
	Parts  []Part // in their order along the row
	Name   string // of the axis
	Format Format
	Whole  float64 // the end of the axis; 0: the longest row
}

// Part is one of the parts that rows are divided into.
type Part struct {
	Label string
	Class string // which color: p0 to p9
}

// StackRow is the sizes of the parts, in their order.
type StackRow struct {
	Label, Heading, Key string
	Sizes               []float64
	Value               string   // stands behind the row
	Tips                []string // of the parts
}

const barHeight, barRow = 14.0, 22.0

// Draw draws for a width, with a key of the parts above.
func (s Stack) Draw(width float64) Drawing {
	whole := s.Whole
	var labels, headings, values []string
	for _, r := range s.Rows {
		sum := 0.0
		for _, size := range r.Sizes {
			sum += size
		}
		if s.Whole == 0 {
			whole = max(whole, sum)
		}
		labels, headings, values = append(labels, r.Label), append(headings, r.Heading), append(values, r.Value)
	}
	c := &canvas{}
	top := s.drawKey(c, width)
	p := planRows(width, barRow, widest(values, 160)+2*edge, labels, headings)
	p.shift(top)
	p.frame.draw(c)
	scale := Scale{0, whole, false}
	if whole == 0 {
		scale.High = 1
	}
	height := p.frame.xAxis(c, scale, s.Format, s.Name)
	p.drawLabels(c, headings)
	for i, r := range s.Rows {
		s.drawRow(c, r, p.frame, scale, p.centres[i])
		c.text("label value", width, p.centres[i]+4, "end", r.Value)
	}
	return Drawing{width, height, c.shapes}
}

// drawRow draws the parts of a row that are not zero; one too thin to be seen has a pixel.
func (s Stack) drawRow(c *canvas, r StackRow, f frame, scale Scale, y float64) {
	sum := 0.0
	for i, size := range r.Sizes {
		if size <= 0 {
			continue
		}
		x1, x2 := f.x(scale, sum), f.x(scale, sum+size)
		sum += size
		x1 = min(x1, f.right-1)
		c.group("mark "+s.Parts[i].Class, r.Key, r.Tips[i], func(c *canvas) {
			c.rect("bar", x1, y-barHeight/2, max(x2-x1, 1), barHeight)
		})
	}
}

// drawKey names the parts above the chart and returns where it ends.
func (s Stack) drawKey(c *canvas, width float64) (bottom float64) {
	x, y := 0.0, 0.0
	for _, part := range s.Parts {
		label := fit(part.Label, width-20)
		need := 14 + letter*float64(len([]rune(label))) + 12
		if x > 0 && x+need > width {
			x, y = 0, y+textHeight+3
		}
		c.rect("key "+part.Class, x, y+2, 10, 10)
		c.text("label key-text", x+14, y+11, "start", label)
		x += need
	}
	return y + textHeight + edge
}

// shift moves all down.
func (p *rowPlan) shift(by float64) {
	p.frame.top += by
	p.frame.bottom += by
	for i := range p.centres {
		p.centres[i] += by
	}
}

package chart

import "math"

// Forest is a row per ratio with its interval, around 1.0; what is no change worth speaking of is shaded.
type Forest struct {
	Rows   []ForestRow
	Name   string
	Format Format // of a ratio
}

// ForestRow is one ratio.
type ForestRow struct {
	Label, Heading, Key string
	Ratio, Low, High    float64 // all above zero
	Margin              float64 // shaded from 1/(1+Margin) to 1+Margin; 0: nothing is
	Class               string  // of its verdict: good, bad, same, open; or mean, of other rows, and further, where one more is expected
	Value               string  // stands behind the row
	Tip                 string
}

const forestHeight = 26.0

// Draw draws for a width, on a logarithmic axis: twice and half are as far from 1.
func (f Forest) Draw(width float64) Drawing {
	values := []float64{1}
	var labels, headings, texts []string
	for _, r := range f.Rows {
		values = append(values, r.Ratio, r.Low, r.High, 1+r.Margin, 1/(1+r.Margin))
		labels, headings, texts = append(labels, r.Label), append(headings, r.Heading), append(texts, r.Value)
	}
	scale := FitLog(values)
	p := planRows(width, forestHeight, widest(texts, 0.3*width)+edge, labels, headings)
	c := &canvas{}
	p.frame.inset = markInset
	p.frame.draw(c)
	for i, r := range f.Rows {
		if r.Margin > 0 {
			x1, x2 := p.frame.x(scale, 1/(1+r.Margin)), p.frame.x(scale, 1+r.Margin)
			c.rect("margin", x1, p.centres[i]-forestHeight/2+1, x2-x1, forestHeight-2)
		}
	}
	height := p.frame.xAxis(c, scale, f.Format, f.Name)
	one := p.frame.x(scale, 1)
	for _, y := range p.centres {
		c.line("one", one, y-forestHeight/2, one, y+forestHeight/2)
	}
	p.drawLabels(c, headings)
	for i, r := range f.Rows {
		c.group("mark "+r.Class, r.Key, r.Tip, func(c *canvas) { r.draw(c, p.frame, scale, p.centres[i]) })
		c.text("label value", width, p.centres[i]+4, "end", fit(r.Value, 0.3*width))
	}
	return Drawing{width, height, c.shapes}
}

func (r ForestRow) draw(c *canvas, f frame, scale Scale, y float64) {
	place := func(v float64) float64 { return f.x(scale, v) }
	low, high := place(r.Low), place(r.High)
	c.line("interval", low, y, high, y)
	if math.Abs(high-low) > 3 {
		c.line("whisker", low, y-4, low, y+4)
		c.line("whisker", high, y-4, high, y+4)
	}
	c.path("point", symbol(shapeOf(r.Class), place(r.Ratio), y, 4.5))
}

// shapeOf gives each verdict a shape: nothing is told by color alone.
func shapeOf(class string) int {
	return map[string]int{"good": 2, "bad": 3, "same": 1, "open": 0, "mean": 4, "further": 4}[class]
}

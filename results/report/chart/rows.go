package chart

// narrow is the width below which labels stand above their rows rather than beside them.
const narrow = 560

// rowPlan is where the rows of a chart and their labels go.
type rowPlan struct {
	frame   frame
	label   float64 // room for the labels on the left; 0: they stand above
	height  float64 // of a row without its label
	centres []float64
	labels  []string
}

// planRows places rows of some height, with a line above those that have a heading.
func planRows(width, rowHeight, right float64, labels, headings []string) rowPlan {
	p := rowPlan{height: rowHeight, labels: labels}
	above := width < narrow
	if !above {
		p.label = widest(labels, 0.42*width) + edge
	}
	p.frame = frame{left: p.label + edge, top: edge, right: width - right}
	y := p.frame.top
	for i := range labels {
		if headings[i] != "" {
			y += textHeight + edge
		}
		if above && labels[i] != "" {
			y += textHeight
		}
		p.centres = append(p.centres, y+rowHeight/2)
		y += rowHeight
	}
	p.frame.bottom = y + edge/2
	return p
}

// drawLabels writes the labels and headings of the rows.
func (p rowPlan) drawLabels(c *canvas, headings []string) {
	for i, y := range p.centres {
		top := y - p.height/2
		if p.label == 0 && p.labels[i] != "" {
			c.text("label row", p.frame.left, top-3, "start", fit(p.labels[i], p.frame.right-p.frame.left))
			top -= textHeight
		}
		if headings[i] != "" {
			c.text("label heading", 0, top-5, "start", fit(headings[i], p.frame.right))
		}
		if p.label > 0 {
			c.text("label row", p.frame.left-edge-2, y+4, "end", fit(p.labels[i], p.label))
		}
	}
}

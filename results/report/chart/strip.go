package chart

import (
	"math"
	"slices"
)

// Strip is a row per thing, with a dot for every value, the median and its interval: the spread is seen before the number.
type Strip struct {
	Rows   []StripRow
	Name   string // of the axis, with its unit
	Format Format
}

// StripRow is the values of one thing.
type StripRow struct {
	Label, Heading string // the heading stands above the row and those after it
	Key            string // names the row to a filter
	Series         int    // color and shape
	Values         []float64
	Median         float64
	Low, High      *float64 // the interval of the median; nil: there is none
	Tip            string
}

// stripHeight is that of a row: room for so many dots on one another.
const (
	stripHeight = 27.0
	dotSize     = 5.0
	stackDots   = 5
)

// Draw draws for a width. Dots that would lie on one another are stacked; where there are too many for that, one stands for several values, and perDot
// says for how many at most.
func (s Strip) Draw(width float64) (d Drawing, perDot int) {
	scale := s.scale()
	var labels, headings, medians []string
	for _, r := range s.Rows {
		labels, headings, medians = append(labels, r.Label), append(headings, r.Heading), append(medians, s.Format(r.Median))
	}
	right := widest(medians, 110) + edge
	p := planRows(width, stripHeight, right, labels, headings)
	c := &canvas{}
	p.frame.inset = dotSize
	p.frame.draw(c)
	height := p.frame.xAxis(c, scale, s.Format, s.Name)
	p.drawLabels(c, headings)
	most := 1
	for i, r := range s.Rows {
		c.group("mark s"+digit(r.Series), r.Key, r.Tip, func(c *canvas) {
			most = max(most, r.draw(c, p.frame, scale, p.centres[i]))
		})
		c.text("label value", width, p.centres[i]+4, "end", medians[i])
	}
	return Drawing{width, height, c.shapes}, most
}

// scale is that of all values and intervals.
func (s Strip) scale() Scale {
	var all []float64
	for _, r := range s.Rows {
		all = append(append(all, r.Values...), r.Median)
		if r.Low != nil && r.High != nil {
			all = append(all, *r.Low, *r.High)
		}
	}
	return Fit(all)
}

// FromZero says whether the axis begins at zero, and Log whether it is logarithmic.
func (s Strip) FromZero() bool { return s.scale().FromZero() }

// Log says whether the axis is logarithmic.
func (s Strip) Log() bool { return s.scale().Log }

// draw draws one row and returns how many values a dot stands for at most.
func (r StripRow) draw(c *canvas, f frame, scale Scale, y float64) int {
	place := func(v float64) float64 { return f.x(scale, v) }
	c.line("guide", f.left, y, f.right, y)
	xs, ys, perDot := stack(r.Values, place, y)
	c.path("dots", dots(xs, ys))
	if r.Low != nil && r.High != nil {
		c.line("interval", place(*r.Low), y, place(*r.High), y)
	}
	x := place(r.Median)
	c.line("median", x, y-stripHeight/2+4, x, y+stripHeight/2-4)
	return perDot
}

// stack puts values that have the same place on one another, around a height.
func stack(values []float64, place func(float64) float64, y float64) (xs, ys []float64, perDot int) {
	bins := map[int]int{}
	for _, v := range values {
		bins[int(math.Round(place(v)/dotSize))]++
	}
	fullest := 0
	for _, n := range bins {
		fullest = max(fullest, n)
	}
	perDot = max((fullest+stackDots-1)/stackDots, 1)
	if perDot == 1 && fullest == 1 { // every value has a place of its own: there it is
		for _, v := range slices.Sorted(slices.Values(values)) {
			xs, ys = append(xs, place(v)), append(ys, y)
		}
		return xs, ys, 1
	}
	var columns []int
	for bin := range bins {
		columns = append(columns, bin)
	}
	slices.Sort(columns)
	for _, bin := range columns {
		n := (bins[bin] + perDot - 1) / perDot
		for i := range n {
			xs = append(xs, float64(bin)*dotSize)
			ys = append(ys, y+(float64(i)-float64(n-1)/2)*dotSize)
		}
	}
	return xs, ys, perDot
}

// digit is the number of a series as its class has it; after the eighth they begin anew.
func digit(series int) string { return string(rune('0' + series%8)) }

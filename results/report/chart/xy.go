package chart

import "slices"

// XY is points on two axes.
type XY struct {
	Series       []Series
	X, Y         Scale
	XName, YName string
	XFormat      Format
	YFormat      Format
	Height       float64 // of the frame
	Lines        []Reference
	Band         *Band  // horizontal
	XTicks       []Tick // in place of round figures
}

// Series is points that belong together.
type Series struct {
	Label  string // stands at the end of its line
	Key    string
	Number int    // color, shape and dashes
	Class  string // another color than that of the number, where it says something
	Points []Point
	Joined bool // by a line
	Small  bool // points are dots
}

// Point is one figure.
type Point struct {
	X, Y      float64
	Low, High *float64 // an interval of Y
	Tip       string
}

// Reference is a vertical line with a word.
type Reference struct {
	X     float64
	Label string
	Class string
}

// Band is a shaded range of Y.
type Band struct{ Low, High float64 }

// Tick is a figure of an axis that is no round number of its scale.
type Tick struct {
	At    float64
	Label string
}

// leastLeft is the room for the figures of a vertical axis that charts below one another have in common, so that their horizontal axes agree.
const leastLeft = 56

// Draw draws for a width.
func (x XY) Draw(width float64) Drawing {
	left := max(yRoom(x.Y, x.YFormat, x.Height)+edge, leastLeft)
	right := x.labelRoom(width)
	room := right - endSymbol
	top := textHeight + edge
	if len(x.Lines) > 0 {
		top += textHeight * float64(referenceRows)
	}
	f := frame{left: left, top: top, right: width - right, inset: markInset}
	f.bottom = f.top + x.Height
	c := &canvas{}
	f.draw(c)
	if x.Band != nil {
		y1, y2 := f.y(x.Y, x.Band.High), f.y(x.Y, x.Band.Low)
		c.rect("margin", f.left, y1, f.width(), y2-y1)
	}
	f.yAxis(c, x.Y, x.YFormat, "")
	c.text("label name", 0, textHeight-4, "start", fit(x.YName, width))
	height := x.drawX(c, f)
	x.drawReferences(c, f)
	for _, s := range x.Series {
		x.drawSeries(c, s, f)
	}
	x.drawEnds(c, f, room)
	return Drawing{width, height, c.shapes}
}

func (x XY) drawX(c *canvas, f frame) (bottom float64) {
	if x.XTicks == nil {
		return f.xAxis(c, x.X, x.XFormat, x.XName)
	}
	end := -1e9
	for _, t := range x.XTicks {
		at := f.x(x.X, t.At)
		c.line("grid", at, f.top, at, f.bottom)
		half := letter * float64(len([]rune(t.Label))) / 2
		if at-half < end {
			continue
		}
		end = at + half + 2
		c.text("label tick", at, f.bottom+axisHeight-4, "middle", t.Label)
	}
	c.line("axis", f.left, f.bottom, f.right, f.bottom)
	return f.xName(c, x.XName)
}

// referenceRows is in how many lines the words of vertical lines may stand.
const referenceRows = 2

// drawReferences writes the words above the frame, in the first line that has room.
func (x XY) drawReferences(c *canvas, f frame) {
	ends := [referenceRows]float64{}
	lines := slices.Clone(x.Lines)
	slices.SortStableFunc(lines, func(a, b Reference) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	for _, l := range lines {
		at := f.x(x.X, l.X)
		c.line("reference "+l.Class, at, f.top, at, f.bottom)
		width := letter * float64(len([]rune(l.Label)))
		start := min(max(at-width/2, 0), f.right-width)
		for row := range ends {
			if start >= ends[row] {
				ends[row] = start + width + edge
				c.text("label reference-text "+l.Class, start, f.top-edge-textHeight*float64(row), "start", l.Label)
				break
			}
		}
	}
}

func (x XY) drawSeries(c *canvas, s Series, f frame) {
	var xs, ys []float64
	for _, p := range s.Points {
		xs, ys = append(xs, f.x(x.X, p.X)), append(ys, f.y(x.Y, p.Y))
	}
	class := "s" + digit(s.Number)
	if s.Class != "" {
		class = s.Class
	}
	c.group("mark line "+class+" d"+digit(s.Number), s.Key, "", func(c *canvas) {
		if s.Joined {
			c.path("stroke", polyline(xs, ys))
		}
		if s.Small {
			c.path("dots", dots(xs, ys))
		}
	})
	for i, p := range s.Points {
		if s.Small && p.Tip == "" {
			continue
		}
		c.group("mark "+class, s.Key, p.Tip, func(c *canvas) {
			if p.Low != nil && p.High != nil {
				c.line("interval", xs[i], f.y(x.Y, *p.Low), xs[i], f.y(x.Y, *p.High))
			}
			if s.Small {
				c.path("hit", symbol(0, xs[i], ys[i], 4))
			} else {
				c.path("point", symbol(s.Number, xs[i], ys[i], 3.6))
			}
		})
	}
}

// endSymbol is the room that the symbol at the end of a line takes.
const endSymbol = 20

// labelRoom is the room to the right of the frame for the names of series.
func (x XY) labelRoom(width float64) float64 {
	var labels []string
	for _, s := range x.Series {
		labels = append(labels, s.Label)
	}
	room := widest(labels, 0.34*width)
	if room == 0 {
		return 14
	}
	return room + endSymbol
}

// drawEnds writes the names of series beside the ends of their lines, moved apart where they would meet.
func (x XY) drawEnds(c *canvas, f frame, room float64) {
	type end struct {
		series Series
		y      float64
	}
	var ends []end
	for _, s := range x.Series {
		if s.Label != "" && len(s.Points) > 0 {
			ends = append(ends, end{s, f.y(x.Y, s.Points[len(s.Points)-1].Y)})
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		}
		return 0
	})
	for i := range ends {
		least := f.top
		if i > 0 {
			least = ends[i-1].y + textHeight
		}
		ends[i].y = max(ends[i].y, least)
	}
	for i := len(ends) - 1; i >= 0; i-- { // from below: what went over the edge pushes the others up
		most := f.bottom
		if i < len(ends)-1 {
			most = ends[i+1].y - textHeight
		}
		ends[i].y = min(ends[i].y, most)
	}
	for _, e := range ends {
		class := "s" + digit(e.series.Number)
		if e.series.Class != "" {
			class = e.series.Class
		}
		c.group("key "+class, e.series.Key, "", func(c *canvas) { c.path("point", symbol(e.series.Number, f.right+10, e.y, 4)) })
		c.text("label end", f.right+18, e.y+4, "start", fit(e.series.Label, room))
	}
}

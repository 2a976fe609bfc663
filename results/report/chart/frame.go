package chart

import (
	"math"
	"strings"
)

// frame is the area of the axes.
type frame struct {
	left, top, right, bottom float64

	inset float64 // between each end of a scale and the edge, so that a mark at the end lies within
}

// x is the place of a figure on the horizontal axis.
func (f frame) x(s Scale, v float64) float64 { return s.at(v, f.left+f.inset, f.right-f.inset) }

// y is the place of a figure on the vertical axis.
func (f frame) y(s Scale, v float64) float64 { return s.at(v, f.bottom-f.inset, f.top+f.inset) }

// markInset is the room that half a mark takes.
const markInset = 4

func (f frame) width() float64  { return f.right - f.left }
func (f frame) height() float64 { return f.bottom - f.top }

// The room that texts take.
const (
	textHeight = 15.0 // of a line of labels
	axisHeight = 18.0 // of the figures of an axis below it
	nameHeight = 17.0 // of the name of an axis
	edge       = 6.0  // between things
)

// draw marks the area itself, for a style sheet and for tests.
func (f frame) draw(c *canvas) { c.rect("frame", f.left, f.top, f.width(), f.height()) }

// perTick is how much of an axis a figure takes.
const perTick = 62

// tickCount is how many figures a horizontal axis has room for.
func (f frame) tickCount() int { return max(int(f.width()/perTick), 2) }

// xAxis draws grid lines, their figures and the axis's name below the frame, and returns where the drawing ends. A figure that would meet the one before
// is left out.
func (f frame) xAxis(c *canvas, s Scale, format Format, name string) (bottom float64) {
	end := math.Inf(-1)
	for _, v := range s.ticks(f.tickCount()) {
		x := f.x(s, v)
		c.line("grid", x, f.top, x, f.bottom)
		label := short(format(v))
		half := letter * float64(len([]rune(label))) / 2
		place := max(x, half-2) // the first may stand at the edge of the drawing
		if place-half < end || place+half > f.right+13 {
			continue
		}
		end = place + half + edge
		c.text("label tick", place, f.bottom+axisHeight-4, "middle", label)
	}
	c.line("axis", f.left, f.bottom, f.right, f.bottom)
	return f.xName(c, name)
}

func (f frame) xName(c *canvas, name string) (bottom float64) {
	c.text("label name", f.right, f.bottom+axisHeight+nameHeight-5, "end", fit(name, f.right-4))
	return f.bottom + axisHeight + nameHeight
}

// yAxis draws grid lines and their figures to the left of the frame; the name stands above.
func (f frame) yAxis(c *canvas, s Scale, format Format, name string) {
	about := max(int(f.height()/34), 2)
	for _, v := range s.ticks(about) {
		y := f.y(s, v)
		c.line("grid", f.left, y, f.right, y)
		c.text("label tick", f.left-edge, y+4, "end", short(format(v)))
	}
	if name != "" {
		c.text("label name", 0, f.top-edge-4, "start", fit(name, f.right-4))
	}
}

// yRoom is the width of the figures of a vertical axis.
func yRoom(s Scale, format Format, height float64) float64 {
	var labels []string
	for _, v := range s.ticks(max(int(height/34), 2)) {
		labels = append(labels, short(format(v)))
	}
	return widest(labels, 90) + edge + 2
}

// short leaves out zeros behind the point, which say nothing of a round figure: "20 k" of "20.0 k".
func short(label string) string {
	figure, rest, spaced := strings.Cut(label, " ")
	if strings.Contains(figure, ".") && !strings.ContainsAny(figure, "eE") {
		figure = strings.TrimSuffix(strings.TrimRight(figure, "0"), ".")
	}
	if !spaced {
		return figure
	}
	return figure + " " + rest
}

package chart

import "strings"

// symbol is a closed path around a point: a circle, a square, a triangle, one that stands on its tip, a diamond, and from there on again.
func symbol(shape int, x, y, r float64) string {
	at := func(dx, dy float64) string { return px(x+dx*r) + " " + px(y+dy*r) }
	polygon := func(points ...string) string { return "M" + strings.Join(points, "L") + "Z" }
	switch shape % 5 {
	case 1:
		return polygon(at(-0.85, -0.85), at(0.85, -0.85), at(0.85, 0.85), at(-0.85, 0.85))
	case 2:
		return polygon(at(0, -1.05), at(1, 0.8), at(-1, 0.8))
	case 3:
		return polygon(at(0, 1.05), at(1, -0.8), at(-1, -0.8))
	case 4:
		return polygon(at(0, -1.2), at(1.2, 0), at(0, 1.2), at(-1.2, 0))
	}
	radius := px(r)
	return "M" + at(-1, 0) + "a" + radius + " " + radius + " 0 1 0 " + px(2*r) + " 0a" + radius + " " + radius + " 0 1 0 -" + px(2*r) + " 0Z"
}

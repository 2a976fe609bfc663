package chart

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Drawing is a chart with places for everything, in units that are a CSS pixel where it is shown at its own width.
type Drawing struct {
	Width, Height float64
	shapes        []shape
}

// shape is one element; one of its fields is not nil.
type shape struct {
	Path  *path
	Text  *text
	Rect  *rect
	Group *group
}

type path struct{ Class, D string }

type text struct {
	Class, Anchor string
	X, Y          float64
	Text          string
}

type rect struct {
	Class               string
	X, Y, Width, Height float64
}

// group is shapes that stand for one thing; a tip makes it one that a reader can reach.
type group struct {
	Class, Tip, Key string
	Shapes          []shape
}

// svgTemplate escapes every text; whatever a name holds, it stays a text.
const svgTemplate = `{{define "shapes"}}{{range .}}` +
	`{{with .Path}}<path class="{{.Class}}" d="{{.D}}"/>{{end}}` +
	`{{with .Rect}}<rect class="{{.Class}}" x="{{px .X}}" y="{{px .Y}}" width="{{px .Width}}" height="{{px .Height}}"/>{{end}}` +
	`{{with .Text}}<text class="{{.Class}}" x="{{px .X}}" y="{{px .Y}}"{{with .Anchor}} text-anchor="{{.}}"{{end}}>{{.Text}}</text>{{end}}` +
	`{{with .Group}}<g class="{{.Class}}"{{with .Key}} data-key="{{.}}"{{end}}{{with .Tip}} data-tip="{{.}}"{{end}}>{{template "shapes" .Shapes}}</g>{{end}}` +
	`{{end}}{{end}}` +
	`<svg class="{{.Class}}" viewBox="0 0 {{px .Width}} {{px .Height}}" width="{{px .Width}}" height="{{px .Height}}" role="img" aria-label="{{.Label}}">` +
	`<title>{{.Title}}</title><desc>{{.Label}}</desc>{{template "shapes" .Shapes}}</svg>`

// Writer writes drawings. It may be used by several goroutines.
type Writer struct{ template *template.Template }

// NewWriter makes a writer.
func NewWriter() Writer {
	return Writer{template.Must(template.New("svg").Funcs(template.FuncMap{"px": px}).Parse(svgTemplate))}
}

// SVG writes a drawing as an element of a page. The title names it; the label says in words what it shows, for who does not see it.
func (w Writer) SVG(d Drawing, class, title, label string) (template.HTML, error) {
	var out bytes.Buffer
	err := w.template.Execute(&out, struct {
		Class, Title, Label string
		Width, Height       float64
		Shapes              []shape
	}{class, title, label, d.Width, d.Height, d.shapes})
	if err != nil {
		return "", fmt.Errorf("draw %q: %w", title, err)
	}
	return template.HTML(out.String()), nil
}

// px writes a place to the tenth of a pixel.
func px(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// canvas gathers the shapes of a drawing.
type canvas struct{ shapes []shape }

func (c *canvas) text(class string, x, y float64, anchor, s string) {
	c.shapes = append(c.shapes, shape{Text: &text{class, anchor, x, y, s}})
}

func (c *canvas) rect(class string, x, y, width, height float64) {
	c.shapes = append(c.shapes, shape{Rect: &rect{class, x, y, width, height}})
}

func (c *canvas) path(class, d string) {
	if d != "" {
		c.shapes = append(c.shapes, shape{Path: &path{class, d}})
	}
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.path(class, "M"+px(x1)+" "+px(y1)+"L"+px(x2)+" "+px(y2))
}

// group gathers what inside draws.
func (c *canvas) group(class, key, tip string, inside func(*canvas)) {
	g := &canvas{}
	inside(g)
	c.shapes = append(c.shapes, shape{Group: &group{class, tip, key, g.shapes}})
}

// polyline goes through points.
func polyline(xs, ys []float64) string {
	var d strings.Builder
	for i := range xs {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		d.WriteString(letter + px(xs[i]) + " " + px(ys[i]))
	}
	return d.String()
}

// dots is a path whose line caps are dots: a tenth of what as many elements would take.
func dots(xs, ys []float64) string {
	var d strings.Builder
	for i := range xs {
		d.WriteString("M" + px(xs[i]) + " " + px(ys[i]) + "h0")
	}
	return d.String()
}

// letter is the width of an average letter of a label in a wide font.
const letter = 7.2

// fit shortens a label to a width, in its middle: its begin and its end tell it from others.
func fit(label string, width float64) string {
	letters := []rune(label)
	most := max(int(width/letter+0.01), 3) // a label of just this width is not cut for an error of arithmetic
	if len(letters) <= most {
		return label
	}
	head := (most - 1) / 2
	return string(letters[:head]) + "…" + string(letters[len(letters)-(most-1-head):])
}

// widest is the width of the longest of some labels, bounded.
func widest(labels []string, atMost float64) float64 {
	width := 0.0
	for _, l := range labels {
		width = max(width, letter*float64(len([]rune(l))))
	}
	return min(width, atMost)
}

package chart

import (
	"math"
	"strings"
	"testing"

	"tunbench/results/internal/fixture"
)

func plain(v float64) string { return strings.TrimSuffix(px(v), ".0") }

// TestDrawings compares a drawing of each kind with what was looked at.
func TestDrawings(t *testing.T) {
	strip := Strip{Name: "packets/s", Format: plain, Rows: []StripRow{
		{Label: "one", Heading: "load=max", Values: []float64{10, 12, 12, 12, 15}, Median: 12, Low: new(10.0), High: new(15.0), Tip: "one\nmedian 12"},
		{Label: "two", Key: "two", Series: 1, Values: []float64{30}, Median: 30},
	}}
	drawings := map[string]func(width float64) Drawing{
		"strip": func(width float64) Drawing { d, _ := strip.Draw(width); return d },
		"stack": Stack{Name: "%", Format: plain, Whole: 1, Parts: []Part{{"arrived", "p0"}, {"lost", "p1"}}, Rows: []StackRow{
			{Label: "one", Sizes: []float64{0.7, 0.3}, Value: "70 %", Tips: []string{"arrived", "lost"}}, {Label: "two", Sizes: []float64{1, 0}, Value: "100 %", Tips: []string{"arrived", ""}},
		}}.Draw,
		"forest": Forest{Name: "B/A", Format: plain, Rows: []ForestRow{
			{Label: "rate", Ratio: 1.2, Low: 1.1, High: 1.4, Margin: 0.02, Class: "good", Value: "1.2 better"}, {Label: "cost", Ratio: 1, Low: 0.8, High: 1.1, Class: "open", Value: "1 undecided"},
		}}.Draw,
		"heat": Heat{Rows: []string{"none", "all"}, Columns: []string{"1", "2"}, RowName: "offload", ColumnName: "queues", Cells: [][]HeatCell{{{0, "1", "a"}, {}}, {{0.5, "2", "b"}, {1, "3", "c"}}}}.Draw,
		"xy": XY{
			Series: []Series{{Label: "a", Joined: true, Points: []Point{{X: 0, Y: 1}, {X: 1, Y: 10, Tip: "here"}}}, {Label: "b", Number: 1, Joined: true, Points: []Point{{X: 0, Y: 2}, {X: 1, Y: 11}}}},
			X:      Scale{High: 1}, Y: FitLog([]float64{1, 11}), XName: "x", YName: "y", XFormat: plain, YFormat: plain, Height: 100, Lines: []Reference{{X: 0.5, Label: "NDR", Class: "s0"}}, Band: &Band{2, 3},
		}.Draw,
	}
	w := NewWriter()
	for name, draw := range drawings {
		for width, suffix := range map[float64]string{760: "wide", 330: "narrow"} {
			svg, err := w.SVG(draw(width), suffix, name, "what it shows")
			if err != nil {
				t.Fatal(err)
			}
			fixture.Golden(t, name+"-"+suffix+".svg", strings.ReplaceAll(string(svg), "><", ">\n<")+"\n")
		}
	}
}

// pathOf is the path of the first shape of a class, "" if there is none.
func pathOf(shapes []shape, class string) string {
	for _, s := range shapes {
		switch {
		case s.Path != nil && s.Path.Class == class:
			return s.Path.D
		case s.Group != nil:
			if d := pathOf(s.Group.Shapes, class); d != "" {
				return d
			}
		}
	}
	return ""
}

// rectOf is the first rectangle of a class.
func rectOf(t *testing.T, d Drawing, class string) rect {
	t.Helper()
	for _, s := range d.shapes {
		if s.Rect != nil && s.Rect.Class == class {
			return *s.Rect
		}
	}
	t.Fatalf("no rectangle of class %s", class)
	return rect{}
}

// TestMarksStandWhereTheirAxesSay: a mark at a margin or a line has the place of it, also at the end of a scale.
func TestMarksStandWhereTheirAxesSay(t *testing.T) {
	forest := Forest{Format: plain, Rows: []ForestRow{
		{Ratio: 1, Low: 1 / 1.3, High: 1.3, Margin: 0.3, Class: "same"}, {Ratio: 2, Low: 2, High: 2, Class: "good"},
	}}
	for _, width := range []float64{330, 760} {
		d := forest.Draw(width)
		margin := rectOf(t, d, "margin")
		if got, want := pathOf(d.shapes, "interval"), "M"+px(margin.X)+" 19L"+px(margin.X+margin.Width)+" 19"; got != want {
			t.Errorf("forest, %v wide: an interval as wide as its margin is %s, want %s", width, got, want)
		}
		xy := XY{
			Series: []Series{{Points: []Point{{X: 1, Y: 3}}, Small: true}}, X: Scale{High: 1}, Y: Scale{High: 3}, XFormat: plain, YFormat: plain, Height: 100,
			Band: &Band{1, 3}, Lines: []Reference{{X: 1}},
		}.Draw(width)
		reference, _, _ := strings.Cut(strings.TrimPrefix(pathOf(xy.shapes, "reference "), "M"), " ")
		if got, want := pathOf(xy.shapes, "dots"), "M"+reference+" "+px(rectOf(t, xy, "margin").Y)+"h0"; got != want {
			t.Errorf("xy, %v wide: a point on a line and at the end of a band is %s, want %s", width, got, want)
		}
	}
}

func TestTextIsEscaped(t *testing.T) {
	d, _ := Strip{Name: fixture.Hostile, Format: plain, Rows: []StripRow{{Label: fixture.Hostile, Key: fixture.Hostile, Tip: fixture.Hostile, Values: []float64{1}, Median: 1}}}.Draw(760)
	svg, err := NewWriter().SVG(d, "wide", fixture.Hostile, fixture.Hostile)
	if err != nil || strings.Contains(string(svg), "<script") || strings.Contains(string(svg), "<img") {
		t.Errorf("%v: not escaped:\n%s", err, svg)
	}
}

func TestScales(t *testing.T) {
	for name, c := range map[string]struct {
		values []float64
		want   Scale
	}{
		"nothing":         {nil, Scale{0, 1, false}},
		"nothing but 0":   {[]float64{0, 0}, Scale{0, 1, false}},
		"from zero":       {[]float64{10, 40}, Scale{0, 42, false}},
		"with a zero":     {[]float64{0, 4000}, Scale{0, 4200, false}},
		"far apart":       {[]float64{1, 1e4}, Scale{1 / math.Pow(1e4, 0.05), 1e4 * math.Pow(1e4, 0.05), true}},
		"no numbers":      {[]float64{math.NaN(), math.Inf(1)}, Scale{0, 1, false}},
		"close, not zero": {[]float64{100, 110}, Scale{98.8, 111.2, false}},
	} {
		got := Fit(c.values)
		if got.Log != c.want.Log || math.Abs(got.Low-c.want.Low) > 1e-9*c.want.High || math.Abs(got.High-c.want.High) > 1e-9*c.want.High {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestTicksAreTwo: an axis of eight rounds on a phone has more than one figure.
func TestTicksAreTwo(t *testing.T) {
	for _, s := range []Scale{{0.5, 8.5, false}, {1, 8, false}, {98, 111, false}} {
		for about := 1; about < 6; about++ {
			if ticks := s.ticks(about); len(ticks) < 2 {
				t.Errorf("%+v, about %d: %v", s, about, ticks)
			}
		}
	}
}

// TestTicksAreInside the scale, at least two, and not many more than asked for.
func TestTicksAreInside(t *testing.T) {
	for _, s := range []Scale{{0, 1, false}, {98, 111, false}, {-3, 5, false}, {1, 1e9, true}, {0.5, 2.1, true}, {0.99, 1.01, true}, {1e-7, 1e-6, true}} {
		for _, about := range []int{2, 5, 12} {
			ticks := s.ticks(about)
			if len(ticks) < 1 || len(ticks) > about+2 {
				t.Errorf("%+v: %d ticks, asked for about %d", s, len(ticks), about)
			}
			for _, v := range ticks {
				if v < s.Low-1e-6*math.Abs(s.Low) || v > s.High+1e-6*math.Abs(s.High) {
					t.Errorf("%+v: tick %v outside", s, v)
				}
			}
		}
	}
}

// TestNoValueVanishes: stacked dots stand for all values.
func TestNoValueVanishes(t *testing.T) {
	values := make([]float64, 1000)
	for i := range values {
		values[i] = float64(i % 7)
	}
	xs, ys, perDot := stack(values, func(v float64) float64 { return 20 * v }, 50)
	if len(xs) != len(ys) || len(xs)*perDot < len(values) || perDot < 2 {
		t.Errorf("%d dots for up to %d values each stand for fewer than %d", len(xs), perDot, len(values))
	}
	for _, y := range ys {
		if math.Abs(y-50) > stripHeight/2 {
			t.Fatalf("a dot at %v leaves its row", y)
		}
	}
}

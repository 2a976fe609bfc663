package stat

import (
	"errors"
	"testing"
)

func TestSlope(t *testing.T) {
	tests := []struct {
		name string
		x, y []float64
		want float64
		ok   bool
	}{
		{"a line", []float64{0, 1, 2, 5}, []float64{3, 5, 7, 13}, 2, true},
		// Slopes 1, 50, 1, 99, 1, -97.
		{"an outlier", []float64{0, 1, 2, 3}, []float64{0, 1, 100, 3}, 1, true},
		// Slopes 1, 2, 3: of the pairs (0,1), (0,2), (1,2).
		{"a bend", []float64{0, 1, 2}, []float64{0, 1, 4}, 2, true},
		{"the same time twice", []float64{0, 0, 2}, []float64{0, 4, 4}, 1, true},
		{"one time only", []float64{1, 1}, []float64{1, 2}, 0, false},
		{"one point", []float64{1}, []float64{1}, 0, false},
	}
	for _, test := range tests {
		got, err := Slope(test.x, test.y)
		if (err == nil) != test.ok || test.ok && !near(got, test.want) || !test.ok && !errors.Is(err, ErrTooFew) {
			t.Errorf("%s: %v, %v; want %v, %v", test.name, got, err, test.want, test.ok)
		}
	}
}

package stat

import "testing"

// TestHodgesLehmann: worked by hand, and the example of the book.
func TestHodgesLehmann(t *testing.T) {
	tests := []struct {
		name string
		x    []float64
		want float64
	}{
		{"one value", []float64{7}, 7},
		{"two values", []float64{1, 5}, 3},
		// Means 1 1.5 2 5.5 6 10.
		{"three values", []float64{10, 1, 2}, 3.75},
		{"a wild one", []float64{1, 2, 3, 4, 1e9}, 3},
		{"constant", []float64{4, 4, 4}, 4},
		{"published", hamilton, -0.46},
	}
	for _, test := range tests {
		got, err := HodgesLehmann(test.x)
		if err != nil || !near(got, test.want) {
			t.Errorf("%s: %v, %v; want %v", test.name, got, err, test.want)
		}
	}
}

package stat

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/montanaflynn/stats"
)

func TestOutliers(t *testing.T) {
	tests := []struct {
		name          string
		x             []float64
		mild, extreme []int
	}{
		{"one value", []float64{1}, nil, nil},
		{"of three values there are none", []float64{1, 2, 1e9}, nil, nil},
		{"constant", []float64{3, 3, 3, 3}, nil, nil},
		// Quartiles 1.5 and 6.5: fences at -6 and 14, -13.5 and 21.5.
		{"both kinds, out of order", []float64{21.6, 3, -9.4, 4, 2, 6, 5, 7, 1}, []int{2}, []int{0}},
		// Quartiles 2.5 and 6.5: a fence at 12.5.
		{"on the fence is inside", []float64{1, 2, 3, 4, 5, 6, 7, 12.5}, nil, nil},
		{"other than most", []float64{5, 5, 5, 5, 5, 5.001}, nil, []int{5}},
	}
	for _, test := range tests {
		mild, extreme, err := Outliers(test.x)
		if err != nil || !slices.Equal(mild, test.mild) || !slices.Equal(extreme, test.extreme) {
			t.Errorf("%s: %v and %v, %v; want %v and %v", test.name, mild, extreme, err, test.mild, test.extreme)
		}
	}
}

// TestOutliersAsTheLibrary: the values at the indices are those that montanaflynn/stats finds.
func TestOutliersAsTheLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 14))
	for range 200 {
		x := symmetric[2].series(random, 4+random.IntN(30), 0)
		mild, extreme, err := Outliers(x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := stats.QuartileOutliers(x)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []struct {
			indices []int
			values  []float64
		}{{mild, want.Mild}, {extreme, want.Extreme}} {
			values := []float64{}
			for _, i := range kind.indices {
				values = append(values, x[i])
			}
			slices.Sort(values)
			if !slices.Equal(values, kind.values) {
				t.Fatalf("%v: %v, want %v", x, values, kind.values)
			}
		}
	}
}

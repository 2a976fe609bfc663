package stat

import (
	"math"
	"testing"

	"github.com/aclements/go-moremath/stats"
)

func TestStudentTails(t *testing.T) {
	for freedom := 1; freedom < 60; freedom++ {
		for _, at := range []float64{0, 0.1, 0.7, 1, 2, 3.5, 8} {
			want := 2 * (1 - stats.TDist{V: float64(freedom)}.CDF(at))
			if got := studentTails(at, freedom); math.Abs(got-want) > 1e-9 {
				t.Errorf("%d degrees of freedom beyond %v: %v, want %v", freedom, at, got, want)
			}
		}
	}
}

// The table that every textbook has.
func TestStudentQuantile(t *testing.T) {
	tests := []struct {
		outside float64
		freedom int
		want    float64
	}{
		{0.05, 1, 12.706}, {0.05, 2, 4.303}, {0.05, 5, 2.571}, {0.05, 9, 2.262}, {0.05, 39, 2.023}, {0.01, 5, 4.032}, {0.1, 30, 1.697}, {1, 4, 0},
	}
	for _, test := range tests {
		if got := StudentQuantile(test.outside, test.freedom); math.Abs(got-test.want) > 0.0005 {
			t.Errorf("%v outside, %d degrees of freedom: %v, want %v", test.outside, test.freedom, got, test.want)
		}
	}
}

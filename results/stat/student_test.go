package stat

import (
	"math"
	"testing"

	"github.com/aclements/go-moremath/stats"
)

// TestStudentTails: what lies beyond a quantile is what was asked for, by another implementation of the distribution.
func TestStudentTails(t *testing.T) {
	for _, freedom := range []int{1, 2, 3, 5, 17, 60, 1000} {
		for _, outside := range []float64{1e-6, 0.001, 0.01, 0.05, 0.5, 0.99} {
			at := StudentQuantile(outside, freedom)
			if got := 2 * (1 - stats.TDist{V: float64(freedom)}.CDF(at)); math.Abs(got-outside) > 1e-6*outside {
				t.Errorf("%d degrees of freedom: %v lies beyond %v, want %v", freedom, got, at, outside)
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

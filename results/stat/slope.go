package stat

import (
	"fmt"

	"github.com/montanaflynn/stats"
)

// Slope is the change of y for each unit of x by the Theil–Sen estimator, which outliers do not bend: the median of the slopes between all
// pairs of points that differ in x. It costs time and memory in the square of their number. Without such a pair it is [ErrTooFew].
//
// Sen (1968), Estimates of the regression coefficient based on Kendall's tau.
func Slope(x, y []float64) (float64, error) {
	if err := checkPairs(x, y, 2); err != nil {
		return 0, err
	}
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := range i {
			if x[i] != x[j] {
				slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
			}
		}
	}
	if len(slopes) == 0 {
		return 0, fmt.Errorf("%w: all %d at one place", ErrTooFew, len(x))
	}
	slope, err := stats.Median(slopes)
	if err != nil {
		return 0, fmt.Errorf("median of slopes: %w", err)
	}
	return slope, checkValues([]float64{slope}, 1)
}

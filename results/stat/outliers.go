package stat

import (
	"fmt"

	"github.com/montanaflynn/stats"
)

// Outliers gives the indices, in ascending order, of values beyond Tukey's fences: mild from 1.5 to 3 interquartile ranges outside the
// quartiles, extreme beyond. The quartiles are the medians of the lower and the upper half, so that no value of fewer than four is an
// outlier; where half of the values are equal, every other may be. They are for a label: a value is not wrong because it is far away.
//
// Tukey (1977), Exploratory Data Analysis, section 2D.
func Outliers(x []float64) (mild, extreme []int, err error) {
	if err := checkValues(x, 1); err != nil {
		return nil, nil, err
	}
	if len(x) < 4 {
		return nil, nil, nil
	}
	q, err := stats.Quartile(x)
	if err != nil {
		return nil, nil, fmt.Errorf("quartiles: %w", err)
	}
	outside := func(v, ranges float64) bool {
		return v < q.Q1-ranges*(q.Q3-q.Q1) || v > q.Q3+ranges*(q.Q3-q.Q1)
	}
	for i, v := range x {
		switch {
		case outside(v, 3):
			extreme = append(extreme, i)
		case outside(v, 1.5):
			mild = append(mild, i)
		}
	}
	return mild, extreme, nil
}

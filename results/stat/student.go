package stat

import "math"

// studentTails is the two-sided tail probability of Student's t with a whole number of degrees of freedom, at least one: the finite sums of
// Abramowitz and Stegun (1964), 26.7.3 and 26.7.4.
func studentTails(t float64, freedom int) float64 {
	angle := math.Atan2(math.Abs(t), math.Sqrt(float64(freedom)))
	sin, cos := math.Sincos(angle)
	odd := freedom % 2
	term := 1.0
	if odd == 1 {
		term = cos
	}
	var sum float64
	for k := odd; k <= freedom-2; k += 2 {
		sum += term
		term *= cos * cos * float64(k+1) / float64(k+2)
	}
	inside := sin * sum
	if odd == 1 {
		inside = 2 / math.Pi * (angle + sin*sum)
	}
	return max(0, 1-inside)
}

// StudentQuantile is the t of Student's distribution, with at least one degree of freedom, beyond which lies the probability outside, above 0
// and below 1, on both sides together.
func StudentQuantile(outside float64, freedom int) float64 {
	low, high := 0.0, 1.0
	for studentTails(high, freedom) > outside {
		low, high = high, 2*high
	}
	for range 64 {
		if middle := (low + high) / 2; studentTails(middle, freedom) > outside {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

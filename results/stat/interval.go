package stat

// Interval is a confidence interval, both ends included, in the unit of the values it was computed from.
type Interval struct {
	Center, Low, High float64
	Confidence        float64 // what is reached, at least what was asked for; between 0 and 1
}

// Within says whether the whole interval lies from low to high, both included. With low and high the margin within which nothing counts as
// a change, this is the test of two one-sided hypotheses (TOST; Schuirmann 1987): an interval of confidence 1-α errs with probability α/2
// at most.
func (i Interval) Within(low, high float64) bool { return low <= i.Low && i.High <= high }

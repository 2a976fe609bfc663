package stat

import (
	"errors"
	"fmt"
	"math"
)

// What a routine cannot answer. Errors wrap these and name what was given.
var (
	ErrTooFew    = errors.New("too few values")
	ErrNotFinite = errors.New("a value is not a finite figure")
	ErrUnpaired  = errors.New("two series of different length")
	ErrLevel     = errors.New("a confidence or power must lie between 0 and 1")
)

// levelMargin is how near to 0 or 1 a confidence or power may come.
const levelMargin = 1e-9

// maxMagnitude bounds what counts as a figure: sums and squares of values within it stay finite.
const maxMagnitude = 1e150

// checkValues is an error unless there are at least least values, all of them finite and within 1e150 of zero.
func checkValues(x []float64, least int) error {
	if len(x) < least {
		return fmt.Errorf("%w: %d, at least %d are needed", ErrTooFew, len(x), least)
	}
	for i, v := range x {
		if !(math.Abs(v) <= maxMagnitude) {
			return fmt.Errorf("%w: number %d is %v", ErrNotFinite, i+1, v)
		}
	}
	return nil
}

// checkPairs is checkValues for two series that belong together value by value.
func checkPairs(x, y []float64, least int) error {
	if len(x) != len(y) {
		return fmt.Errorf("%w: %d and %d", ErrUnpaired, len(x), len(y))
	}
	return errors.Join(checkValues(x, least), checkValues(y, least))
}

// checkLevel is an error unless a confidence or a power lies between 0 and 1, and not at the very ends.
func checkLevel(level float64) error {
	if !(level >= levelMargin && level <= 1-levelMargin) {
		return fmt.Errorf("%w: %v", ErrLevel, level)
	}
	return nil
}

package load

import "time"

// A paced run may still send what is due for this share of its time after its end:
// a pause of the CPU near the end can be made up for, a rate that cannot be held
// cannot.
const (
	graceShare = 0.01
	leastGrace = 5 * time.Millisecond
	mostGrace  = 20 * time.Millisecond
)

// Grace returns how long after its end a paced run over d may still send what is due.
func Grace(d time.Duration) time.Duration {
	return min(max(time.Duration(graceShare*float64(d)), leastGrace), mostGrace)
}

package results

import (
	"strings"
	"testing"
)

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 trials": Count(0, "trial"), "1 trial": Count(1, "trial"), "2 trials": Count(2, "trial"), "1 packet": Count(int64(1), "packet"),
		"1 round is": countAre(1, "round"), "12 rounds are": countAre(12, "round"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSentenceOfALargeChange: what could have been seen is a ratio where percents mean nothing any more.
func TestSentenceOfALargeChange(t *testing.T) {
	c := Comparison{Metric: MetricForwarded, Verdict: VerdictInconclusive, Confidence: 0.95, Ratio: 1, Low: 0.2, High: 30, Rounds: 1}
	for detectable, want := range map[float64]string{
		0.05: "; a change of 5.00 % would have been seen", 35.549: "; only a change to 36.5 times would have been seen", 0: "(1 round)",
	} {
		c.Detectable = detectable
		if got := Sentence(c); !strings.HasSuffix(got, want) {
			t.Errorf("%q does not end in %q", got, want)
		}
	}
}

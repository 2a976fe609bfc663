package results

import (
	"fmt"
	"strings"
)

// runSentence says what is odd about a run as a whole.
func runSentence(odd Odd) string {
	switch o := odd.(type) {
	case RunStopped:
		return plain(strings.TrimSuffix("the run was "+string(o.Status)+": "+o.Reason, ": "))
	case LineOdd:
		return plain(o.String())
	case PartUnfinished:
		return fmt.Sprintf("%s of phase %q without a result", trialsOf(o.Trials), o.Phase)
	case CPUsMoved:
		return fmt.Sprintf("the CPUs were %.0f to %.0f ns from each other, as a cache line goes there and back: what they pass on to each other costs more in some trials",
			o.NearNs, o.FarNs)
	}
	return ""
}

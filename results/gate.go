package results

// Gate is what a gate made of the comparisons of a file: may the candidate take the place of the baseline?
type Gate struct {
	Verdict   GateVerdict   `json:"verdict"`
	Headline  string        `json:"headline"`          // the verdict in a sentence
	Reasons   []string      `json:"reasons,omitempty"` // what it rests on, a line each
	Baseline  string        `json:"baseline"`          // in words
	Candidate string        `json:"candidate"`
	Findings  []GateFinding `json:"findings,omitempty"`
}

// GateVerdict is that of a [Gate], in a word.
type GateVerdict string

// The verdicts of a gate.
const (
	GatePassed       GateVerdict = "passed"
	GateWorse        GateVerdict = "worse"        // a required metric is
	GateFailed       GateVerdict = "failed"       // the candidate fails where the baseline does not
	GateInconclusive GateVerdict = "inconclusive" // neither, and something that is required is not decided
)

// GateFinding is what became of one metric of one scenario.
type GateFinding struct {
	Scenario string `json:"scenario"` // canonical name
	Metric   Metric `json:"metric"`
	Required bool   `json:"required"` // the verdict depends on it
	Outcome  string `json:"outcome"`  // same, better, not worse, worse, not confirmed or inconclusive
}

// Kind implements [Record].
func (Gate) Kind() Kind { return KindGate }

func (g Gate) line() any {
	return struct {
		header
		Gate
	}{header{Schema, KindGate}, g}
}

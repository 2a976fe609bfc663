package results

import "strings"

// HandicapWord begins the part of [Comparison.ProgramA] or ProgramB that says how much a program was slowed on purpose. Parts are separated by ", ".
const HandicapWord = "handicap "

// The arms of a comparison, as trials name them.
const (
	ArmA       = "A"       // the baseline
	ArmB       = "B"       // what is compared with it
	ArmControl = "control" // A once more: what differs between these two is noise
)

// Comparison is how arm B did against arm A in one metric, measured in turns: the ratio of B's figure to A's, round by round. A round's figure
// of A is the mean over all its trials of A and of the control, which are the same.
type Comparison struct {
	Series    int    `json:"series"` // counted from 0 in a file that has several
	ScenarioA string `json:"scenario_a"`
	ScenarioB string `json:"scenario_b"`
	ProgramA  string `json:"program_a,omitempty"` // what forwarded, where it was not this program as it is
	ProgramB  string `json:"program_b,omitempty"`
	Metric    Metric `json:"metric"`

	Ratio      float64 `json:"ratio"`             // Hodges–Lehmann centre of the rounds' ratios, on the scale of logarithms
	Low        float64 `json:"low"`               // the interval around it
	High       float64 `json:"high"`              //
	Confidence float64 `json:"confidence"`        // of the interval; 0 where the rounds are too few for any, which then is the rounds' range
	PValue     float64 `json:"p_value"`           // Wilcoxon signed-rank, exact; after Holm over the metrics of the series
	Margin     float64 `json:"margin"`            // what is no change worth speaking of: 0.02 is from 1/1.02 to 1.02
	Detectable float64 `json:"detectable_change"` // the smallest change that would have been seen 9 times out of 10; 0 where it is not known
	Rounds     int     `json:"rounds"`            // that have a ratio; 0: then ratio, low and high are absent

	NothingRounds    int `json:"nothing_rounds,omitzero"`    // among them, those in which B brought nothing through in a trial and A something in all: their ratio may be 0
	UnmeasuredRounds int `json:"unmeasured_rounds,omitzero"` // besides them, those without a ratio: a figure is absent, or that of A is 0

	Control  *Control `json:"control,omitempty"` // nil without a control
	Verdict  Verdict  `json:"verdict"`
	Warnings []string `json:"warnings,omitempty"`
}

// Control is the ratio of A to itself in the same series.
type Control struct {
	Ratio  float64 `json:"ratio"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	PValue float64 `json:"p_value"`
}

// Slowed says whether either program was slowed on purpose.
func (c Comparison) Slowed() bool {
	for _, program := range []string{c.ProgramA, c.ProgramB} {
		for part := range strings.SplitSeq(program, ", ") {
			if strings.HasPrefix(part, HandicapWord) {
				return true
			}
		}
	}
	return false
}

// Kind implements [Record].
func (Comparison) Kind() Kind { return KindComparison }

func (c Comparison) line() any {
	if c.Rounds == 0 {
		return c.withoutRatio()
	}
	return struct {
		header
		Comparison
	}{header{Schema, KindComparison}, c}
}

// withoutRatio is the line of a comparison whose rounds gave no ratio, which has none rather than 0.
func (c Comparison) withoutRatio() any {
	return struct {
		header
		Comparison
		Ratio *float64 `json:"ratio,omitempty"`
		Low   *float64 `json:"low,omitempty"`
		High  *float64 `json:"high,omitempty"`
	}{header: header{Schema, KindComparison}, Comparison: c}
}

// Verdict is what a comparison says of the second of two things, in a word.
type Verdict string

// The verdicts.
const (
	VerdictBetter       Verdict = "better"
	VerdictWorse        Verdict = "worse"
	VerdictSame         Verdict = "same"         // shown to differ by no more than a margin
	VerdictInconclusive Verdict = "inconclusive" // neither a difference nor sameness is shown
)

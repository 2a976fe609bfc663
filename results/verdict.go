package results

// Verdict is what a comparison says of the second of two things, in a word.
type Verdict string

// The verdicts.
const (
	VerdictBetter       Verdict = "better"
	VerdictWorse        Verdict = "worse"
	VerdictSame         Verdict = "same"         // shown to differ by no more than a margin
	VerdictInconclusive Verdict = "inconclusive" // neither a difference nor sameness is shown
)

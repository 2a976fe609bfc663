package results

// Bisect is the answer to the question which commit made a program slower. The comparisons that it rests on are before it: a [Gate] for
// each time that two commits were compared.
type Bisect struct {
	Answer   string         `json:"answer"`             // found, not slower, several, not confirmed or unknown
	Headline string         `json:"headline"`           // the answer in a sentence
	Good     string         `json:"good"`               // commit
	Bad      string         `json:"bad"`                // commit
	Suspects []BisectCommit `json:"suspects,omitempty"` // that may be the slow one; one where it was found
	Steps    []BisectStep   `json:"steps,omitempty"`    // in the order in which they were measured
}

// BisectCommit is one of the commits that may be the slow one.
type BisectCommit struct {
	Commit  string `json:"commit"`
	Subject string `json:"subject"`
	Merge   bool   `json:"merge,omitempty"`
}

// BisectStep is the comparison of a commit with an earlier one.
type BisectStep struct {
	Commit       string  `json:"commit"`
	ComparedWith string  `json:"compared_with"`
	Verdict      string  `json:"verdict"`          // not slower, slower, skipped or inconclusive
	Why          string  `json:"why,omitempty"`    // it was skipped
	Metric       Metric  `json:"metric,omitempty"` // that the verdict rests on
	Ratio        float64 `json:"ratio,omitempty"`  // of that metric, of the commit to the earlier one
	Low          float64 `json:"low,omitempty"`    // end of its confidence interval
	High         float64 `json:"high,omitempty"`
	Rounds       int     `json:"rounds,omitempty"` // measured, of all series
}

// Kind implements [Record].
func (Bisect) Kind() Kind { return KindBisect }

func (b Bisect) line() any {
	return struct {
		header
		Bisect
	}{header{Schema, KindBisect}, b}
}

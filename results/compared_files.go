package results

// Unpaired is how the trials of a new file did against those of an old one, in one metric of one scenario. Nothing ties a trial of one file
// to a trial of the other: the files as a whole stand against one another, and whatever else changed between them is in the ratio.
type Unpaired struct {
	Scenario string   `json:"scenario"` // canonical name
	Metric   Metric   `json:"metric"`
	Old      Median   `json:"old"`
	New      Median   `json:"new"`
	Ratio    *float64 `json:"ratio,omitempty"` // of the medians, new to old; absent where the old one is 0
	// NothingTrials are those of the new file that brought nothing through where every one of the old file did: it is worse then.
	NothingTrials int `json:"nothing_trials,omitzero"`
	// Low and High bound the ratio with a confidence of at least 90 %: they are the ratios of the medians' own bounds, each of 95 %. Absent for
	// fewer than 6 trials, and where the old median may be 0.
	Low        *float64 `json:"low,omitempty"`
	High       *float64 `json:"high,omitempty"`
	PValue     float64  `json:"p_value"`               // two-sided, by the test of Mann and Whitney
	AdjustedP  *float64 `json:"adjusted_p,omitempty"`  // for all rows together, by Holm; absent for fewer than 6 trials
	Margin     float64  `json:"margin_ratio"`          // the ratio is the same if it is shown to lie within 1 ± this
	Verdict    Verdict  `json:"verdict"`               // on the new file
	MoreIsGood bool     `json:"more_is_good,omitzero"` // of the metric; absent where less of it is better
}

// Median is the median of independent trials and its interval, from order statistics: no distribution is assumed.
type Median struct {
	N      int      `json:"n"` // trials
	Median float64  `json:"median"`
	Low    *float64 `json:"low,omitempty"`  // of the 95 % interval; absent for fewer than 6 trials
	High   *float64 `json:"high,omitempty"` // likewise
}

// KindUnpaired is the kind of an [Unpaired] record. It is printed and never part of a result file.
const KindUnpaired Kind = "unpaired"

// Kind implements [Record].
func (Unpaired) Kind() Kind { return KindUnpaired }

func (u Unpaired) line() any {
	return struct {
		header
		Unpaired
	}{header{Schema, KindUnpaired}, u}
}

// Unmatched is what the trials of one result file are for and the other file has no figure to set against: a scenario, or a metric of one.
type Unmatched struct {
	Scenario string    `json:"scenario"`         // canonical name
	Metric   Metric    `json:"metric,omitempty"` // absent: every metric of the scenario
	OnlyIn   WhichFile `json:"only_in"`          // the file that has it
	Reason   string    `json:"reason"`           // what is wrong with the other one
}

// WhichFile is one of the two files of a comparison.
type WhichFile string

// The two files.
const (
	OldFile WhichFile = "old"
	NewFile WhichFile = "new"
)

// KindUnmatched is the kind of an [Unmatched] record. It is printed and never part of a result file.
const KindUnmatched Kind = "unmatched"

// Kind implements [Record].
func (Unmatched) Kind() Kind { return KindUnmatched }

func (u Unmatched) line() any {
	return struct {
		header
		Unmatched
	}{header{Schema, KindUnmatched}, u}
}

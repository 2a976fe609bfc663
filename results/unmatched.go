package results

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

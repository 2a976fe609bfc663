package results

import "fmt"

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

// other is the other file.
func (w WhichFile) other() WhichFile {
	if w == OldFile {
		return NewFile
	}
	return OldFile
}

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

// noScenario is the reason of a scenario that the other file does not have.
const noScenario = "it has no such scenario"

// noFigure is the reason of a metric that no usable trial of the other file has.
const noFigure = "none of its trials has the figure"

// noTrial says why a file has no usable trial of a scenario that it has.
func noTrial(trials []Trial) string {
	if failures(trials) == 0 {
		return fmt.Sprintf("none of its %s came to its end", trialsOf(len(trials)))
	}
	return fmt.Sprintf("none of its %s can be used, %d failed", trialsOf(len(trials)), failures(trials))
}

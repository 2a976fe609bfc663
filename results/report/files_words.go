package report

import (
	"fmt"

	"tunbench/results"
	"tunbench/results/analysis"
)

// sequenceWarning is what no statistics over two files can see.
const sequenceWarning = "files measured one after the other on a shared machine differ by 10 to 30 % though nothing changed: " +
	"`tunbench ab` measures both in turns, and is the better way"

// FilesWarnings says what a reader must know about a comparison of files: how the hosts differ, what is odd about the comparison, and about each
// file as far as it matters to the comparison.
func FilesWarnings(c *analysis.FileComparison) []string {
	return append(hostsDiffer(c), filesWarnings(c, nameSubjects(c.InBoth()))...)
}

func filesWarnings(c *analysis.FileComparison, s subjects) []string {
	return append([]string{sequenceWarning}, sentencesOf(c.Warnings(), s)...)
}

// hostsDiffer says in what the hosts are unlike, a line each.
func hostsDiffer(c *analysis.FileComparison) []string {
	return prefixed("the hosts differ: ", HostDifferences(c.Old.Host, c.New.Host))
}

// HostDifferences says, a text for each fact, how two hosts differ in what decides how fast packets go: "kernel: 6.18.0, 6.19.0".
func HostDifferences(here, there results.Host) []string {
	var texts []string
	for _, d := range analysis.Unlike(here, there) {
		texts = append(texts, fmt.Sprintf("%s: %s, %s", plain(d.Name), recordedValue(d.Here), recordedValue(d.There)))
	}
	return texts
}

// recordedValue is a fact of a fingerprint.
func recordedValue(value string) string {
	if value == "" {
		return "not recorded"
	}
	return plain(value)
}

// Undecided says, a line for each reason, why a comparison of files is inconclusive though some rows are decided; nothing where it is not.
func Undecided(o analysis.Undecided) []string {
	var open []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{o.OnlyOld, "of the old file not in the new one"},
		{o.WithoutRow, "of which a file has no figure"},
		{o.Unmeasured, "in which a trial of either file brought nothing through, or trials of both failed"},
		{o.TooFew, "with too few trials"},
		{o.Beyond, "undecided, though the whole interval lies beyond the margin"},
	} {
		if part.n > 0 {
			open = append(open, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return open
}

// UnmatchedRecords makes records of the scenarios and metrics of which only one of two files has a figure, with the reason in words.
func UnmatchedRecords(c *analysis.FileComparison) []results.Unmatched {
	var records []results.Unmatched
	for _, m := range c.Missing() {
		records = append(records, results.Unmatched{Scenario: m.Scenario, Metric: m.Metric, OnlyIn: m.OnlyIn, Reason: reason(m)})
	}
	return records
}

// reason says why a file has no figure.
func reason(m analysis.Missing) string {
	switch {
	case m.Why == analysis.WhyNoScenario:
		return "it has no such scenario"
	case m.Why == analysis.WhyNoFigure:
		return "none of its trials has the figure"
	case m.Failed == 0:
		return fmt.Sprintf("none of its %s came to its end", trialsOf(m.Trials))
	}
	return fmt.Sprintf("none of its %s can be used, %d failed", trialsOf(m.Trials), m.Failed)
}

// otherFile is the other one of two files.
func otherFile(w results.WhichFile) results.WhichFile {
	if w == results.OldFile {
		return results.NewFile
	}
	return results.OldFile
}

// filesSentence says what is odd about a comparison of two files.
func filesSentence(w analysis.Warning) string {
	switch w := w.(type) {
	case analysis.RowsTooFew:
		return fmt.Sprintf("too few trials%s: it takes at least %d in each file for a verdict%s", inRows(w.Rows, w.Of), w.Needed, ofSeveral(w.Of, " on so many"))
	case analysis.RowsHopeless:
		return fmt.Sprintf("too few trials to show a difference%s: it takes at least %d in each file%s", inRows(w.Rows, w.Of), w.Needed, ofSeveral(w.Of, ", or fewer rows"))
	case analysis.NothingThrough:
		return fmt.Sprintf("%s: %d of %s of the new file brought nothing through, and every one of the old file did",
			fileWording(w.Metric).label, w.Trials, trialsOf(w.Of))
	case analysis.NothingInBoth:
		return fileWording(w.Metric).label + ": both files have a trial that brought nothing through"
	case analysis.NewFails:
		return "a trial of the new file failed, and none of the old file did: nothing is the same or better"
	case analysis.NoCommonMetric:
		return "no metric of which both files have a trial that can be used"
	case analysis.NoCounterpart:
		return trialsOf(w.Trials) + " of arms, searches, bursts or soaks left out: they have no counterpart"
	}
	return ""
}

// inRows says in how many rows of a table something is so; nothing where the table has one row, as there is no other.
func inRows(rows, of int) string {
	if rows == of {
		return ofSeveral(of, fmt.Sprintf(" in all %d rows", of))
	}
	return fmt.Sprintf(" in %d of %d rows", rows, of)
}

// ofSeveral is what to say where there are several rows, and nothing where there is one.
func ofSeveral(rows int, words string) string {
	if rows == 1 {
		return ""
	}
	return words
}

package report

import (
	"encoding/json"
	"fmt"
	"io"

	"tunbench/results"
)

// actionEntry is a figure as github-action-benchmark reads it from a custom tool.
type actionEntry struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range"`
	Extra string  `json:"extra"`
}

// WriteActionBigger writes those figures of a file of which more is better as JSON for the GitHub action benchmark-action/github-action-benchmark
// with tool: customBiggerIsBetter. A file of that format has one direction only; [WriteActionSmaller] has the other figures.
func WriteActionBigger(w io.Writer, f *results.File) error { return writeAction(w, f, true) }

// WriteActionSmaller writes those figures of a file of which less is better, for tool: customSmallerIsBetter; see [WriteActionBigger].
func WriteActionSmaller(w io.Writer, f *results.File) error { return writeAction(w, f, false) }

func writeAction(w io.Writer, f *results.File, moreIsBetter bool) error {
	figures, err := exportedOf(f)
	if err != nil {
		return err
	}
	entries := []actionEntry{} // none are [], which the action can read, and not null
	for _, e := range figures {
		if e.moreIsBetter != moreIsBetter {
			continue
		}
		entries = append(entries, actionEntry{
			Name: e.name + " " + e.measure(), Unit: e.unit, Value: e.stat.Median,
			Range: "± " + whole(e.stat.HalfRange()),
			Extra: fmt.Sprintf("median of %s; %s to %s", trialsOf(e.stat.N), whole(e.stat.Min), whole(e.stat.Max)),
		})
	}
	return writeJSON(w, "benchmark JSON", entries)
}

// writeJSON writes a value for programs and people: indented, with the characters of scenario names as they are.
func writeJSON(w io.Writer, format string, value any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(value); err != nil {
		return fmt.Errorf("write %s: %w", format, err)
	}
	return nil
}

package report

import (
	"fmt"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
)

// machinesWarnings is what a reader of a merged file must know: what is missing, and the warnings of the machines, those of several once.
func machinesWarnings(f *results.File, fleet *analysis.Fleet) ([]string, error) {
	var out []string
	for _, m := range f.Merge.Missing {
		out = append(out, fmt.Sprintf("machine %d is missing: %s", m.Index, plain(m.Why)))
	}
	out = append(out, plainAll(f.Merge.Warnings)...)
	for _, w := range f.Warnings {
		out = append(out, Sentences([]analysis.Warning{analysis.LineOdd{Warning: w}})...)
	}
	for i, m := range fleet.Machines {
		if i < len(f.Merge.Shards) && f.Merge.Shards[i].Exit != 0 {
			out = append(out, fmt.Sprintf("%s: the measurement ended with exit code %d", plain(m.Name), f.Merge.Shards[i].Exit))
		}
	}
	var order []string
	by := map[string][]string{}
	for _, m := range fleet.Machines {
		warnings, err := Warnings(m.File)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		for _, text := range warnings {
			if by[text] == nil {
				order = append(order, text)
			}
			if on := by[text]; len(on) == 0 || on[len(on)-1] != plain(m.Name) {
				by[text] = append(on, plain(m.Name))
			}
		}
	}
	// What concerns many comes first.
	slices.SortStableFunc(order, func(a, b string) int { return len(by[b]) - len(by[a]) })
	const shown = 30
	for i, text := range order {
		if left := len(order) - i; i == shown && left > 1 {
			return append(out, fmt.Sprintf("%d more warnings: tunbench report --machine NAME shows those of one", left)), nil
		}
		out = append(out, someMachines(by[text], len(fleet.Machines))+": "+text)
	}
	return out, nil
}

// someMachines names machines, of many the first ones.
func someMachines(names []string, all int) string {
	const shown = 5
	switch n := len(names); {
	case n == all && n > 1:
		return "every machine"
	case n > shown:
		return fmt.Sprintf("%s and %d more machines", strings.Join(names[:shown], ", "), n-shown)
	}
	return listed(names, "and")
}

package report

import (
	"slices"
	"strings"

	"tunbench/results"
)

// dutKey is the key that names the device under test.
const dutKey = "dut"

// leadingKeys are what a reader looks for first in a row; the others follow by name.
var leadingKeys = [...]string{"proto", "size", "segs", "load", "flows"}

func byInterest(a, b results.Setting) int {
	rank := func(p results.Setting) int {
		if i := slices.Index(leadingKeys[:], p.Key); i >= 0 {
			return i
		}
		return len(leadingKeys)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a.Key, b.Key)
}

// names is what the scenario names of a table have in common, and in what they differ.
type names struct {
	everywhere []results.Setting // in every name, always the same
	elsewhere  []results.Setting // in some names only, always the same
	dutKeys    map[string]bool
	differ     map[string]bool // keys with several values
}

// compareNames looks at all names of a table. A setting belongs to the device under test, rather than to the load, if it differs and some
// device under test never has it.
func compareNames(all [][]results.Setting) names {
	n := names{dutKeys: map[string]bool{dutKey: true}, differ: map[string]bool{}}
	values := map[string]string{}
	count := map[string]int{}
	duts, dutsOf := map[string]bool{}, map[string]map[string]bool{}
	for _, pairs := range all {
		dut := results.ValueOf(pairs, dutKey)
		duts[dut] = true
		for _, p := range pairs {
			if first, seen := values[p.Key]; seen && first != p.Value {
				n.differ[p.Key] = true
			} else {
				values[p.Key] = p.Value
			}
			count[p.Key]++
			if dutsOf[p.Key] == nil {
				dutsOf[p.Key] = map[string]bool{}
			}
			dutsOf[p.Key][dut] = true
		}
	}
	for key, value := range values {
		n.dutKeys[key] = n.dutKeys[key] || len(dutsOf[key]) < len(duts)
		switch {
		case n.differ[key]:
		case count[key] == len(all):
			n.everywhere = append(n.everywhere, results.Setting{Key: key, Value: value})
		default:
			n.elsewhere = append(n.elsewhere, results.Setting{Key: key, Value: value})
		}
	}
	slices.SortFunc(n.everywhere, byInterest)
	slices.SortFunc(n.elsewhere, byInterest)
	return n
}

// load is the part of a name that says how the scenario's load differs from others.
func (n names) load(pairs []results.Setting) string {
	return n.text(pairs, func(p results.Setting) bool { return !n.dutKeys[p.Key] })
}

// dut is the part of a name that says how the scenario's device under test differs from others.
func (n names) dut(pairs []results.Setting) string {
	settings := n.text(pairs, func(p results.Setting) bool { return n.dutKeys[p.Key] && p.Key != dutKey })
	if !n.differ[dutKey] {
		return settings
	}
	return strings.TrimSpace(results.ValueOf(pairs, dutKey) + " " + settings)
}

func (n names) text(pairs []results.Setting, want func(results.Setting) bool) string {
	var parts []string
	for _, p := range slices.SortedFunc(slices.Values(pairs), byInterest) {
		if n.differ[p.Key] && want(p) {
			parts = append(parts, p.String())
		}
	}
	return strings.Join(parts, " ")
}

func joinPairs(pairs []results.Setting) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = p.String()
	}
	return strings.Join(parts, " ")
}

package results

import (
	"slices"
	"strings"
)

// pair is one setting of a scenario name.
type pair struct{ key, value string }

func (p pair) String() string {
	if p.value == "" {
		return p.key
	}
	return p.key + "=" + p.value
}

// splitName reads a scenario name for display. Whatever is no pair becomes a key without a value.
func splitName(name string) []pair {
	var pairs []pair
	for part := range strings.SplitSeq(name, "/") {
		key, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{key, value})
	}
	return pairs
}

// dutKey is the key that names the device under test.
const dutKey = "dut"

// leadingKeys are what a reader looks for first in a row; the others follow by name.
var leadingKeys = [...]string{"proto", "size", "segs", "load", "flows"}

func byInterest(a, b pair) int {
	rank := func(p pair) int {
		if i := slices.Index(leadingKeys[:], p.key); i >= 0 {
			return i
		}
		return len(leadingKeys)
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a.key, b.key)
}

// names is what the scenario names of a table have in common, and in what they differ.
type names struct {
	everywhere []pair // in every name, always the same
	elsewhere  []pair // in some names only, always the same
	dutKeys    map[string]bool
	differ     map[string]bool // keys with several values
}

// compareNames looks at all names of a table. A setting belongs to the device under test, rather than to the load, if it differs and some
// device under test never has it.
func compareNames(all [][]pair) names {
	n := names{dutKeys: map[string]bool{dutKey: true}, differ: map[string]bool{}}
	values := map[string]string{}
	count := map[string]int{}
	duts, dutsOf := map[string]bool{}, map[string]map[string]bool{}
	for _, pairs := range all {
		dut := valueOf(pairs, dutKey)
		duts[dut] = true
		for _, p := range pairs {
			if first, seen := values[p.key]; seen && first != p.value {
				n.differ[p.key] = true
			} else {
				values[p.key] = p.value
			}
			count[p.key]++
			if dutsOf[p.key] == nil {
				dutsOf[p.key] = map[string]bool{}
			}
			dutsOf[p.key][dut] = true
		}
	}
	for key, value := range values {
		n.dutKeys[key] = n.dutKeys[key] || len(dutsOf[key]) < len(duts)
		switch {
		case n.differ[key]:
		case count[key] == len(all):
			n.everywhere = append(n.everywhere, pair{key, value})
		default:
			n.elsewhere = append(n.elsewhere, pair{key, value})
		}
	}
	slices.SortFunc(n.everywhere, byInterest)
	slices.SortFunc(n.elsewhere, byInterest)
	return n
}

// load is the part of a name that says how the scenario's load differs from others.
func (n names) load(pairs []pair) string {
	return n.text(pairs, func(p pair) bool { return !n.dutKeys[p.key] })
}

// dut is the part of a name that says how the scenario's device under test differs from others.
func (n names) dut(pairs []pair) string {
	settings := n.text(pairs, func(p pair) bool { return n.dutKeys[p.key] && p.key != dutKey })
	if !n.differ[dutKey] {
		return settings
	}
	return strings.TrimSpace(valueOf(pairs, dutKey) + " " + settings)
}

func (n names) text(pairs []pair, want func(pair) bool) string {
	var parts []string
	for _, p := range slices.SortedFunc(slices.Values(pairs), byInterest) {
		if n.differ[p.key] && want(p) {
			parts = append(parts, p.String())
		}
	}
	return strings.Join(parts, " ")
}

func valueOf(pairs []pair, key string) string {
	for _, p := range pairs {
		if p.key == key {
			return p.value
		}
	}
	return ""
}

func joinPairs(pairs []pair) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = p.String()
	}
	return strings.Join(parts, " ")
}

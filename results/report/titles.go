package report

import (
	"slices"
	"strings"

	"tunbench/results"
)

// Titles gives each scenario a short title: the settings in which it differs from the others or, if there is only one, those that a reader
// looks for first.
func Titles(scenarios []string) map[string]string {
	titles := nameSubjects(scenarios).titles
	if len(titles) > 1 {
		return titles
	}
	for name := range titles {
		pairs := results.SettingsOf(name)
		leading := slices.DeleteFunc(slices.Clone(pairs), func(p results.Setting) bool { return !slices.Contains(leadingKeys[:], p.Key) })
		slices.SortFunc(leading, byInterest)
		titles[name] = plain(strings.TrimSpace(results.ValueOf(pairs, dutKey) + " " + joinPairs(leading)))
	}
	return titles
}

// ScenarioTitles names each scenario by the settings in which it differs from the others, and lists what all share. A scenario that stands alone
// has an empty title, and shared is its whole name.
func ScenarioTitles(scenarios []string) (titles, shared []string) {
	s := nameSubjects(scenarios)
	for _, name := range scenarios {
		titles = append(titles, s.titles[name])
	}
	return titles, s.shared
}

// subjects names the scenarios of a section: what they share, and each by what sets it off from the others.
type subjects struct {
	shared []string          // lines for the section's head
	titles map[string]string // by scenario; empty where there is only one
}

// nameSubjects looks at the scenarios of a section, which may repeat.
func nameSubjects(scenarios []string) subjects {
	var distinct []string
	s := subjects{titles: map[string]string{}}
	for _, name := range scenarios {
		if _, seen := s.titles[name]; !seen {
			s.titles[name] = ""
			distinct = append(distinct, name)
		}
	}
	pairs := settingsOf(distinct)
	n := compareNames(pairs)
	for i, name := range distinct {
		s.titles[name] = plain(strings.TrimSpace(n.dut(pairs[i]) + " " + n.load(pairs[i])))
	}
	s.shared = common(distinct, n)
	return s
}

// warn sets the title of a scenario before its warnings; what names a scenario that stands alone is the second text.
func (s subjects) warn(scenario, alone string, warnings []string) []string {
	title := s.titles[scenario]
	if title == "" {
		title = alone
	}
	return prefixed(title+": ", warnings)
}

// heading is the title of a scenario and facts about it.
func (s subjects) heading(scenario string, facts []string) string {
	text := strings.Join(facts, " · ")
	if title := s.titles[scenario]; title != "" {
		return strings.TrimSuffix(title+": "+text, ": ")
	}
	return text
}

// withoutKeys is a scenario name without some of its settings.
func withoutKeys(name string, keys ...string) string {
	parts := slices.DeleteFunc(strings.Split(name, "/"), func(part string) bool {
		key, _, _ := strings.Cut(part, "=")
		return slices.Contains(keys, key)
	})
	return strings.Join(parts, "/")
}

// wholeName is a scenario name as it is.
func wholeName(name string) string { return name }

// scenariosOf is the scenarios of records in their order.
func scenariosOf[R any](records []R, scenario func(R) string) []string {
	names := make([]string, len(records))
	for i, r := range records {
		names[i] = scenario(r)
	}
	return names
}

// perScenario gathers the warnings of trials scenario by scenario, in the order of their first trials; the name is shortened by key.
func perScenario(trials []results.Trial, key func(string) string, warn func(scenario string, trials []results.Trial) []string) []string {
	by := map[string][]results.Trial{}
	var order []string
	for _, t := range trials {
		k := key(t.Scenario)
		if _, seen := by[k]; !seen {
			order = append(order, k)
		}
		by[k] = append(by[k], t)
	}
	var out []string
	for _, k := range order {
		out = append(out, warn(k, by[k])...)
	}
	return out
}

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

// mtuKey is the key of the devices' MTU, which a tunnel decides by what it adds to a packet.
const mtuKey = "mtu"

// ofDUTs are the values of a setting by device under test.
type ofDUTs map[string]map[string]bool

// oneEach says whether every device under test has one value.
func (o ofDUTs) oneEach() bool {
	for _, values := range o {
		if len(values) > 1 {
			return false
		}
	}
	return true
}

// compareNames looks at all names of a table. A setting belongs to the device under test, rather than to the load, if it differs and some
// device under test never has it, and so does an MTU that differs by device under test only.
func compareNames(all [][]results.Setting) names {
	n := names{dutKeys: map[string]bool{dutKey: true}, differ: map[string]bool{}}
	values := map[string]string{}
	count := map[string]int{}
	duts, dutsOf := map[string]bool{}, map[string]ofDUTs{}
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
				dutsOf[p.Key] = ofDUTs{}
			}
			if dutsOf[p.Key][dut] == nil {
				dutsOf[p.Key][dut] = map[string]bool{}
			}
			dutsOf[p.Key][dut][p.Value] = true
		}
	}
	for key, value := range values {
		n.dutKeys[key] = n.dutKeys[key] || len(dutsOf[key]) < len(duts) || key == mtuKey && len(duts) > 1 && dutsOf[key].oneEach()
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

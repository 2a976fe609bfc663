package report

import (
	"slices"
	"strings"

	"tunbench/results"
)

// Titles names each of some scenarios briefly: by what sets it off from the others, or, where there is but one, by what a reader looks for
// first.
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

// ScenarioTitles names scenarios by what sets each off from the others, and says what they share. A scenario that stands alone has no title:
// shared is its name.
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
	var pairs [][]results.Setting
	s := subjects{titles: map[string]string{}}
	for _, name := range scenarios {
		if _, seen := s.titles[name]; !seen {
			s.titles[name] = ""
			distinct, pairs = append(distinct, name), append(pairs, results.SettingsOf(name))
		}
	}
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

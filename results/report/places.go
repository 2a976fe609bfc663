package report

import (
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Place is where the trials of a scenario and arm stand among those of others.
type Place struct {
	analysis.Summary
	Load   string // how its load differs from that of the others; empty where it does not
	Label  string // its arm, and how its device under test differs
	Head   bool   // the first of those with its load
	Shared bool   // others have its load too
}

// Title names the scenario where it stands alone.
func (p Place) Title() string { return row{Summary: p.Summary, load: p.Load, label: p.Label}.title() }

// Places puts summaries in the order of a table, those under the same load below one another, and says what all scenarios have in common, a line each.
func Places(summaries []analysis.Summary) (places []Place, shared []string) {
	if len(summaries) == 0 {
		return nil, nil
	}
	groups, n := arrange(summaries)
	if ofTwoArms(summaries) {
		groups = together(groups)
	}
	var scenarios []string
	for _, g := range groups {
		for i, r := range g.Rows {
			places = append(places, Place{r.Summary, r.load, plain(r.label), i == 0, len(g.Rows) > 1})
			scenarios = append(scenarios, r.Scenario)
		}
	}
	return places, common(scenarios, n)
}

// ofTwoArms says whether all are arms of one comparison of two scenarios.
func ofTwoArms(summaries []analysis.Summary) bool {
	var a, b string
	for _, s := range summaries {
		arm := &a
		if s.Arm == results.ArmB {
			arm = &b
		}
		if s.Arm == "" || *arm != "" && *arm != s.Scenario {
			return false
		}
		*arm = s.Scenario
	}
	return a != b
}

// together makes one group of rows that are to be seen side by side though their loads differ: each says its own.
func together(groups []layout.Group[row]) []layout.Group[row] {
	var one layout.Group[row]
	for _, g := range groups {
		for _, r := range g.Rows {
			r.label, r.load = strings.TrimSpace(r.label+" "+r.load), ""
			one.Rows = append(one.Rows, r)
		}
	}
	return []layout.Group[row]{one}
}

// SearchTitle names a search among others by what sets it off from them; a search that stands alone has an empty title.
func SearchTitle(searches []results.Search, s results.Search) string {
	names := nameSubjects(scenariosOf(searches, func(s results.Search) string { return searched(s.Scenario) }))
	return names.titles[searched(s.Scenario)]
}

// SearchFacts is what a search did, in a line.
func SearchFacts(s results.Search) string { return strings.Join(searchFacts(s), " · ") }

// SoakFacts is how long a soak took, and what was lost, in a line.
func SoakFacts(s results.Soak) string { return strings.Join(soakFacts(s), " · ") }

// DesignLine says what a sweep was to measure.
func DesignLine(s results.Sweep) string { return designLine(s) }

// EffectsWords is the ranking of a sweep's knobs in sentences, the most important first.
func EffectsWords(e analysis.Effects) []string { return effectsWords(e) }

// EffectsMethod says how the effects of a sweep were found, and what they leave unexplained.
func EffectsMethod(e analysis.Effects) string { return effectsMethod(e) }

// EffectName is the name of a knob, or of two.
func EffectName(e analysis.Effect) string { return effectName(e) }

// ArmLines says what the arms of a comparison are, a line each.
func ArmLines(c results.Comparison) []string {
	return armLines(c, nameSubjects([]string{c.ScenarioA, c.ScenarioB}))
}

// ComparisonLegend explains the figures of a comparison.
func ComparisonLegend() string { return comparisonLegend }

// FilesLegend explains the figures of a comparison of files.
func FilesLegend(margin float64) string { return filesLegend(margin) }

// Absent stands for a figure that does not apply.
const Absent = layout.Absent

// FileLabel is a metric in the words of a table of two files, with the unit that [FileFormat] writes.
func FileLabel(m results.Metric) string { return fileWording(m).label }

// FileFormat writes a figure of a metric in the unit of its [FileLabel].
func FileFormat(m results.Metric, value float64) string { return fileWording(m).format(value) }

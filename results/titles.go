package results

import (
	"slices"
	"strings"
)

// Titles names each of some scenarios briefly: by what sets it off from the others, or, where there is but one, by what a reader looks for
// first.
func Titles(scenarios []string) map[string]string {
	titles := nameSubjects(scenarios).titles
	if len(titles) > 1 {
		return titles
	}
	for name := range titles {
		pairs := SettingsOf(name)
		leading := slices.DeleteFunc(slices.Clone(pairs), func(p Setting) bool { return !slices.Contains(leadingKeys[:], p.Key) })
		slices.SortFunc(leading, byInterest)
		titles[name] = plain(strings.TrimSpace(ValueOf(pairs, dutKey) + " " + joinPairs(leading)))
	}
	return titles
}

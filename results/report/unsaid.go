package report

import (
	"slices"

	"tunbench/results"
)

// settingsOf takes scenario names apart. What a name leaves unsaid is added where others of them say it.
func settingsOf(names []string) [][]results.Setting {
	all := make([][]results.Setting, len(names))
	for i, name := range names {
		all[i] = results.SettingsOf(name)
	}
	for _, u := range results.UnsaidSettings() {
		if !slices.ContainsFunc(all, func(s []results.Setting) bool { return u.AppliesTo(s) && u.IsSaid(s) }) {
			continue
		}
		for i, s := range all {
			if u.AppliesTo(s) && !u.IsSaid(s) {
				all[i] = append(s, u.Setting)
			}
		}
	}
	return all
}

package report

import (
	"slices"

	"tunbench/results"
)

// unsaid is a setting that a scenario's name leaves out where it has its first value, so that the name is as it was before there was the key.
type unsaid struct {
	setting results.Setting
	applies func(settings []results.Setting) bool // to a scenario, whether its name says so or not
}

// unsaidSettings are all of them (package scenario, keys that are optional).
func unsaidSettings() []unsaid {
	return []unsaid{
		{results.Setting{Key: "gen", Value: "socket"}, func(s []results.Setting) bool {
			return results.ValueOf(s, "proto") == "tcp" || results.ValueOf(s, "load") == "pingpong"
		}},
		{results.Setting{Key: "topo", Value: "direct"}, func(s []results.Setting) bool { return results.ValueOf(s, dutKey) != "" }},
		{results.Setting{Key: "follow", Value: "auto"}, func(s []results.Setting) bool { return results.ValueOf(s, dutKey) == "forwarder" }},
	}
}

// settingsOf takes scenario names apart. What a name leaves unsaid is added where others of them say it.
func settingsOf(names []string) [][]results.Setting {
	all := make([][]results.Setting, len(names))
	for i, name := range names {
		all[i] = results.SettingsOf(name)
	}
	for _, u := range unsaidSettings() {
		says := func(s []results.Setting) bool { return results.ValueOf(s, u.setting.Key) != "" }
		if !slices.ContainsFunc(all, func(s []results.Setting) bool { return u.applies(s) && says(s) }) {
			continue
		}
		for i, s := range all {
			if u.applies(s) && !says(s) {
				all[i] = append(s, u.setting)
			}
		}
	}
	return all
}

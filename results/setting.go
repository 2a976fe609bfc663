package results

import "strings"

// Setting is one key=value pair of a scenario name.
type Setting struct{ Key, Value string }

// String is the setting as it stands in a scenario name.
func (s Setting) String() string {
	if s.Value == "" {
		return s.Key
	}
	return s.Key + "=" + s.Value
}

// SettingsOf takes a scenario name apart. Whatever is no pair becomes a key without a value.
func SettingsOf(scenario string) []Setting {
	var settings []Setting
	for part := range strings.SplitSeq(scenario, "/") {
		key, value, _ := strings.Cut(part, "=")
		settings = append(settings, Setting{key, value})
	}
	return settings
}

// ValueOf is the value of a key, empty where no setting has it.
func ValueOf(settings []Setting, key string) string {
	for _, s := range settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

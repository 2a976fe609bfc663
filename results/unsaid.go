package results

// Unsaid is a setting that a scenario's name leaves out where it has its first value, so that the name is as it was
// before there was the key.
type Unsaid struct {
	Setting
	applies func(settings []Setting) bool
}

// AppliesTo says whether a scenario has the setting, whether its name says so or not.
func (u Unsaid) AppliesTo(settings []Setting) bool { return u.applies(settings) }

// IsSaid says whether a scenario's name says which value it has.
func (u Unsaid) IsSaid(settings []Setting) bool { return ValueOf(settings, u.Key) != "" }

// UnsaidSettings are those that more than one device under test may have (package scenario, keys that are optional), and follow.
func UnsaidSettings() []Unsaid {
	return []Unsaid{
		{Setting{"gen", "socket"}, func(s []Setting) bool { return ValueOf(s, "proto") == "tcp" || ValueOf(s, "load") == "pingpong" }},
		{Setting{"topo", "direct"}, func(s []Setting) bool { return ValueOf(s, "dut") != "" }},
		{Setting{"follow", "auto"}, func(s []Setting) bool { return ValueOf(s, "dut") == "forwarder" }},
	}
}

// WholeSettingsOf takes a scenario name apart, and adds what it leaves unsaid.
func WholeSettingsOf(scenario string) []Setting {
	settings := SettingsOf(scenario)
	for _, u := range UnsaidSettings() {
		if u.AppliesTo(settings) && !u.IsSaid(settings) {
			settings = append(settings, u.Setting)
		}
	}
	return settings
}

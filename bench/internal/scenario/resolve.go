package scenario

import "strings"

// setting is one value that a user gave, or that a name carries.
type setting struct {
	key       *key
	value     string
	inherited bool // from the scenario that words override: given up in silence where it no longer applies
}

// word is the setting as it is typed.
func (g setting) word() string { return g.key.name + "=" + g.value }

// idleSetting is a setting that was asked for and does not apply.
type idleSetting struct {
	key *key
	err *UsageError
}

// resolve makes a scenario of settings, the first of each key: those that apply, defaults for the rest, then the rules between keys. It
// returns the settings that do not apply, save those that were inherited.
func resolve(given []setting) (Scenario, []idleSetting, error) {
	var s Scenario
	var idle []idleSetting
	for _, k := range inOrder() {
		g := settingOf(given, k)
		if g != nil {
			if why := g.whyIdle(&s); why != "" {
				if !g.inherited {
					idle = append(idle, idleSetting{k, &UsageError{Word: g.word(), Reason: why}})
				}
				g = nil
			}
		}
		switch {
		case k.applies(&s) != "":
			continue
		case g == nil:
			g = &setting{key: k, value: k.initial(&s)}
		}
		if err := k.parse(&s, g.value); err != nil {
			return s, nil, &UsageError{Word: g.word(), Reason: err.Error(), Allowed: k.values()}
		}
	}
	for _, g := range given {
		if err := g.setSysctl(&s); err != nil {
			return s, nil, err
		}
	}
	return s, idle, check(&s)
}

// inOrder lists the keys as they are set.
func inOrder() (order []*key) {
	for _, last := range []bool{false, true} {
		for i := range keys {
			if keys[i].last == last {
				order = append(order, &keys[i])
			}
		}
	}
	return order
}

// setSysctl takes over a setting that is a sysctl, unless the scenario has it from one before.
func (g setting) setSysctl(s *Scenario) error {
	name, ok := strings.CutPrefix(g.key.name, SysctlPrefix)
	if !ok {
		return nil
	}
	if _, set := s.Sysctls.value(name); set {
		return nil
	}
	if err := g.key.parse(s, g.value); err != nil {
		return &UsageError{Word: g.word(), Reason: err.Error(), Allowed: g.key.allowed}
	}
	return nil
}

// check applies the rules between keys. The word it blames is the one as it stands in the scenario.
func check(s *Scenario) error {
	for _, k := range keys {
		if k.check == nil || k.applies(s) != "" {
			continue
		}
		if b := k.check(s); b != nil {
			return &UsageError{Word: k.name + "=" + k.print(s), Reason: b.reason, Allowed: b.allowed}
		}
	}
	return nil
}

// inherit takes the settings of a scenario as a base for words that override them: those that its name has.
func inherit(s Scenario) []setting {
	var base []setting
	for _, k := range s.keys() {
		if !k.isSilent(&s) {
			base = append(base, setting{key: k, value: k.print(&s), inherited: true})
		}
	}
	return base
}

func settingOf(given []setting, k *key) *setting {
	for i := range given {
		if given[i].key.name == k.name {
			return &given[i]
		}
	}
	return nil
}

package scenario

import (
	"slices"
	"strings"
)

// Prefixes of words that belong to one arm only.
const (
	prefixA = "a:"
	prefixB = "b:"
)

// ParseArms reads the words of a comparison: those that begin with "a:" or "b:" make one arm, the others both. A word is key=value or a whole
// scenario name, each key with one value. A setting of both arms is given up where an arm's own words replace it or it does not apply, and is
// an error if it applies to neither. Every error is a [*UsageError].
func ParseArms(words []string) (a, b Scenario, err error) {
	var forA, forB, forBoth []string
	for _, word := range words {
		if own, ok := strings.CutPrefix(word, prefixA); ok {
			forA = append(forA, own)
		} else if own, ok := strings.CutPrefix(word, prefixB); ok {
			forB = append(forB, own)
		} else {
			forBoth = append(forBoth, word)
		}
	}
	both, err := settings(forBoth, "")
	if err != nil {
		return a, b, err
	}
	for i := range both {
		both[i].inherited = true
	}
	if a, err = arm(forA, prefixA, both); err != nil {
		return a, b, err
	}
	if b, err = arm(forB, prefixB, both); err != nil {
		return a, b, err
	}
	for _, g := range both {
		if why := g.whyIdle(&a); why != "" && g.whyIdle(&b) != "" {
			return a, b, &UsageError{Word: g.word(), Reason: why}
		}
	}
	return a, b, nil
}

// arm makes the scenario of an arm from its own words and what both have.
func arm(words []string, prefix string, both []setting) (Scenario, error) {
	own, err := settings(words, prefix)
	if err != nil {
		return Scenario{}, err
	}
	s, idle, err := resolve(slices.Concat(own, both))
	if err == nil && len(idle) > 0 {
		return s, idle[0].err
	}
	return s, err
}

// settings reads words that ask for one value of each key; those that stand alone override those in a name. Errors show the words with their
// prefix.
func settings(words []string, prefix string) ([]setting, error) {
	var plain, named []setting
	for _, word := range words {
		list := &plain
		if strings.Contains(word, "/") {
			list = &named
		}
		pairs, err := splitName(word)
		if err != nil {
			return nil, err
		}
		for _, pair := range pairs {
			c, err := parseChoice(pair)
			if err != nil {
				return nil, err
			}
			if len(c.values) != 1 {
				return nil, &UsageError{prefix + pair, "has several values, an arm is one scenario", "one of them"}
			}
			g := setting{key: c.key, value: c.values[0]}
			if settingOf(*list, g.key) != nil {
				return nil, &UsageError{Word: prefix + pair, Reason: g.key.name + " is given twice"}
			}
			*list = append(*list, g)
		}
	}
	return append(plain, named...), nil
}

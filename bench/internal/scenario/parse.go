package scenario

import (
	"slices"
	"strings"
)

// maxScenarios bounds a cross product: more is a slip of the hand, not a measurement.
const maxScenarios = 10_000

// Parse reads the words of a command line. A word is key=value; key=v1,v2, which asks for each value (several such words: the cross
// product, first word slowest); or a whole scenario name, whose pairs the key=value words after it override. Scenarios with the same name
// are given once. A key may be given for a cross product in which it applies to some scenarios only; one that applies to none is an error.
// No words are the defaults. Every error is a [*UsageError].
func Parse(words []string) ([]Scenario, error) {
	isName := func(word string) bool { return strings.Contains(word, "/") }
	names := len(words)
	if i := slices.IndexFunc(words, func(w string) bool { return !isName(w) }); i >= 0 {
		names = i
	}
	if i := slices.IndexFunc(words[names:], isName); i >= 0 {
		return nil, &UsageError{Word: words[names+i], Reason: "a scenario name comes before the words that override it"}
	}
	if names == 0 {
		return expand([][]setting{nil}, words)
	}
	var bases []Scenario
	for _, name := range words[:names] {
		base, err := expand([][]setting{nil}, strings.Split(name, "/"))
		if err != nil {
			return nil, err
		}
		bases = append(bases, base...)
	}
	return Override(bases, words[names:])
}

// Override applies key=value and key=v1,v2 words to each scenario, as after a name in [Parse]. Settings of a scenario that no longer apply,
// such as the queues of a forwarder that dut=veth replaces, are given up.
func Override(scenarios []Scenario, words []string) ([]Scenario, error) {
	bases := make([][]setting, len(scenarios))
	for i, s := range scenarios {
		bases[i] = inherit(s)
	}
	return expand(bases, words)
}

// choice is one word: a key and the values it may take.
type choice struct {
	key    *key
	values []string
}

// expand makes the cross product of the words over every base.
func expand(bases [][]setting, words []string) ([]Scenario, error) {
	choices, err := parseChoices(words, maxScenarios/max(1, len(bases)))
	if err != nil {
		return nil, err
	}
	x := expansion{seen: map[Scenario]bool{}, applied: map[*key]bool{}}
	for _, base := range bases {
		if err := x.cross(choices, nil, base); err != nil {
			return nil, err
		}
	}
	for _, idle := range x.idle {
		if !x.applied[idle.key] {
			return nil, idle.err
		}
	}
	return x.scenarios, nil
}

// expansion gathers the scenarios of a cross product and which words were of use.
type expansion struct {
	scenarios []Scenario
	seen      map[Scenario]bool
	applied   map[*key]bool
	idle      []idleSetting
}

// cross takes each value of the first choice with the cross product of the rest.
func (x *expansion) cross(rest []choice, given, base []setting) error {
	if len(rest) == 0 {
		return x.add(given, base)
	}
	for _, value := range rest[0].values {
		if err := x.cross(rest[1:], append(slices.Clip(given), setting{key: rest[0].key, value: value}), base); err != nil {
			return err
		}
	}
	return nil
}

// add resolves one combination; the settings given come first and so win over the base.
func (x *expansion) add(given, base []setting) error {
	s, idle, err := resolve(slices.Concat(given, base))
	if err != nil {
		return err
	}
	for _, g := range given {
		if !slices.ContainsFunc(idle, func(i idleSetting) bool { return i.key == g.key }) {
			x.applied[g.key] = true
		}
	}
	x.idle = append(x.idle, idle...)
	if !x.seen[s] {
		x.seen[s] = true
		x.scenarios = append(x.scenarios, s)
	}
	return nil
}

// parseChoices reads key=v1,v2 words whose cross product has at most limit members.
func parseChoices(words []string, limit int) ([]choice, error) {
	var choices []choice
	product := 1
	for _, word := range words {
		c, err := parseChoice(word)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(choices, func(other choice) bool { return other.key == c.key }) {
			return nil, &UsageError{word, c.key.name + " is given twice", c.key.name + "=VALUE1,VALUE2 to measure both"}
		}
		product *= len(c.values)
		if product > limit {
			return nil, &UsageError{Word: word, Reason: "makes a cross product of more than 10000 scenarios"}
		}
		choices = append(choices, c)
	}
	return choices, nil
}

func parseChoice(word string) (choice, error) {
	name, values, ok := strings.Cut(word, "=")
	k := find(name)
	switch {
	case k == nil:
		return choice{}, unknown(word, name, "key", keyNames())
	case !ok:
		return choice{}, &UsageError{word, "has no value", k.allowed}
	}
	return choice{k, strings.Split(values, ",")}, nil
}

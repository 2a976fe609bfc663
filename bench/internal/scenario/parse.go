package scenario

import (
	"fmt"
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
	bases, words, err := parseNames(words)
	if err != nil {
		return nil, err
	}
	if len(bases) == 0 {
		return expand([][]setting{nil}, words)
	}
	return Override(bases, words)
}

// parseNames reads the scenario names that words begin with, and returns the words after them.
func parseNames(words []string) (bases []Scenario, rest []string, err error) {
	isName := func(word string) bool { return strings.Contains(word, "/") }
	names := len(words)
	if i := slices.IndexFunc(words, func(w string) bool { return !isName(w) }); i >= 0 {
		names = i
	}
	if i := slices.IndexFunc(words[names:], isName); i >= 0 {
		return nil, nil, &UsageError{Word: words[names+i], Reason: "a scenario name comes before the words that override it"}
	}
	for _, name := range words[:names] {
		pairs, err := splitName(name)
		if err != nil {
			return nil, nil, err
		}
		base, err := expand([][]setting{nil}, pairs)
		if err != nil {
			return nil, nil, err
		}
		bases = append(bases, base...)
	}
	return bases, words[names:], nil
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
	x := newExpansion()
	for _, base := range bases {
		if err := cross(choices, nil, func(given []setting) error { return x.add(given, base) }); err != nil {
			return nil, err
		}
	}
	return x.scenarios, x.unused()
}

// expansion gathers the scenarios of a cross product and which words were of use.
type expansion struct {
	scenarios []Scenario
	seen      map[Scenario]bool
	applied   map[string]bool // by the key's name
	idle      []idleSetting
}

func newExpansion() *expansion {
	return &expansion{seen: map[Scenario]bool{}, applied: map[string]bool{}}
}

// cross visits the settings of each combination: each value of the first choice with the cross product of the rest.
func cross(rest []choice, given []setting, visit func(given []setting) error) error {
	if len(rest) == 0 {
		return visit(given)
	}
	for _, value := range rest[0].values {
		if err := cross(rest[1:], append(slices.Clip(given), setting{key: rest[0].key, value: value}), visit); err != nil {
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
	x.take(s, given, idle)
	return nil
}

// take notes a scenario and which of the given settings were of use.
func (x *expansion) take(s Scenario, given []setting, idle []idleSetting) {
	for _, g := range given {
		if !slices.ContainsFunc(idle, func(i idleSetting) bool { return i.key.name == g.key.name }) {
			x.applied[g.key.name] = true
		}
	}
	x.idle = append(x.idle, idle...)
	if !x.seen[s] {
		x.seen[s] = true
		x.scenarios = append(x.scenarios, s)
	}
}

// unused is the error for a key that applies to none of the scenarios.
func (x *expansion) unused() error {
	for _, idle := range x.idle {
		if !x.applied[idle.key.name] {
			return idle.err
		}
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
		if slices.ContainsFunc(choices, func(other choice) bool { return other.key.name == c.key.name }) {
			return nil, &UsageError{word, c.key.name + " is given twice", c.key.name + "=VALUE1,VALUE2 to measure both"}
		}
		product *= len(c.values)
		if product > limit {
			return nil, &UsageError{Word: word, Reason: fmt.Sprintf("makes a cross product of more than %d scenarios", limit)}
		}
		choices = append(choices, c)
	}
	return choices, nil
}

func parseChoice(word string) (choice, error) {
	name, values, ok := strings.Cut(word, "=")
	k := find(name)
	sysctl, isSysctl := strings.CutPrefix(name, SysctlPrefix)
	switch {
	case k == nil && isSysctl:
		return choice{}, notInNamespace(word, sysctl)
	case k == nil:
		return choice{}, unknown(word, name, "key", keyNames())
	case !ok:
		return choice{}, &UsageError{word, "has no value", k.values()}
	}
	return choice{k, strings.Split(values, ",")}, nil
}

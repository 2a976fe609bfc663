package scenario

import (
	"math/rand/v2"
	"slices"
)

// Design says which combinations of values a sweep measures.
type Design string

// The designs.
const (
	DesignFull     Design = "full"     // all of them
	DesignPairwise Design = "pairwise" // so few that every two values of any two keys still meet in one, and that no effect of a key hides behind others
)

// Designs lists the names of all designs.
func Designs() []string { return []string{string(DesignFull), string(DesignPairwise)} }

// Knob is a key that has several values in a sweep.
type Knob struct {
	Key    string
	Values []string // as names have them, in the order given
}

// Sweep has the cells of a sweep, and the keys in which they differ.
type Sweep struct {
	Knobs     []Knob
	Scenarios []Scenario // the cells, first word slowest

	// Dropped is how many combinations break a rule between keys, and were left out; Why is the first of these rules.
	Dropped int
	Why     error
}

// Limits of the combinations that a design may have or, pairwise, choose from.
const (
	maxCells      = maxScenarios
	maxCandidates = 100_000
)

// ParseSweep reads the words of a sweep, those of [Parse] with at most one scenario name. Combinations that are the same scenario, because a
// key does not apply, are one cell; those that break a rule between keys are left out, unless all do. A sweep has at least one key with two
// values. Every error is a [*UsageError].
func ParseSweep(words []string, design Design) (Sweep, error) {
	limit, ok := map[Design]int{DesignFull: maxCells, DesignPairwise: maxCandidates}[design]
	if !ok {
		return Sweep{}, unknown("--design "+string(design), string(design), "design", Designs())
	}
	bases, words, err := parseNames(words)
	if err != nil {
		return Sweep{}, err
	}
	if len(bases) > 1 {
		return Sweep{}, &UsageError{bases[1].Name(), "a sweep starts from one scenario", "one name, and keys with several values behind it"}
	}
	choices, err := parseChoices(words, limit)
	if err != nil {
		return Sweep{}, err
	}
	var base []setting
	if len(bases) == 1 {
		base = inherit(bases[0])
	}
	s, err := combine(choices, base)
	if err != nil {
		return Sweep{}, err
	}
	if design == DesignPairwise {
		s.Scenarios = pick(s.Scenarios, pairwise(s.levels()))
	}
	return s, nil
}

// combine makes the cells of the full design.
func combine(choices []choice, base []setting) (Sweep, error) {
	var s Sweep
	if err := checkValues(choices); err != nil {
		return s, err
	}
	x := newExpansion()
	err := cross(choices, nil, func(given []setting) error {
		cell, idle, err := resolve(slices.Concat(given, base))
		if err == nil {
			x.take(cell, given, idle)
			return nil
		}
		s.Dropped++
		if s.Why == nil {
			s.Why = err
		}
		return nil
	})
	if err == nil && len(x.scenarios) == 0 {
		err = s.Why
	}
	if err == nil {
		err = x.unused()
	}
	if err != nil {
		return s, err
	}
	s.Scenarios = x.scenarios
	s.Knobs = knobs(choices, s.Scenarios)
	if len(s.Knobs) == 0 {
		return s, &UsageError{"sweep", "no key has two values that differ", "at least one word such as offload=none,all"}
	}
	return s, nil
}

// checkValues tells a value that no scenario can have from one that breaks a rule in some.
func checkValues(choices []choice) error {
	for _, c := range choices {
		for _, value := range c.values {
			if err := c.key.parse(&Scenario{}, value); err != nil {
				return &UsageError{c.key.name + "=" + value, err.Error(), c.key.values()}
			}
		}
	}
	return nil
}

// knobs are the keys that differ between the cells where they apply.
func knobs(choices []choice, cells []Scenario) []Knob {
	var all []Knob
	for _, c := range choices {
		k := Knob{Key: c.key.name}
		for _, s := range cells {
			if value, ok := s.Value(k.Key); ok && !slices.Contains(k.Values, value) {
				k.Values = append(k.Values, value)
			}
		}
		if len(k.Values) > 1 {
			all = append(all, k)
		}
	}
	return all
}

// notApplied stands for the level of a knob in a cell to which it does not apply.
const notApplied = -1

// levels is the index of each knob's value in every cell, or notApplied.
func (s *Sweep) levels() [][]int {
	rows := make([][]int, len(s.Scenarios))
	for i, cell := range s.Scenarios {
		rows[i] = make([]int, len(s.Knobs))
		for j, k := range s.Knobs {
			value, _ := cell.Value(k.Key)
			rows[i][j] = slices.Index(k.Values, value) // notApplied is what Index says of none
		}
	}
	return rows
}

func pick(cells []Scenario, indices []int) []Scenario {
	picked := make([]Scenario, len(indices))
	for i, index := range indices {
		picked[i] = cells[index]
	}
	return picked
}

// Value returns the value of a key as the name has it. ok is false if the key does not apply or does not exist.
func (s Scenario) Value(name string) (value string, ok bool) {
	k := find(name)
	if k == nil || k.applies(&s) != "" {
		return "", false
	}
	value = k.print(&s)
	return value, value != ""
}

// Shuffled is the order in which a round, counted from 0, measures scenarios: a random one of its own, always the same for a seed. It returns
// a new slice.
func Shuffled[S any](scenarios []S, seed uint64, round int) []S {
	order := slices.Clone(scenarios)
	random := rand.New(rand.NewPCG(seed, uint64(round)))
	random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// key is one setting. The list of keys is the only place that knows them: parsing, names, help and errors all come from it.
type key struct {
	name    string
	doc     string                         // one line
	allowed string                         // the values, for people
	initial func(*Scenario) string         // the default, given the keys before this one
	applies func(*Scenario) string         // "" or why the key has no meaning, given the keys before this one
	idle    func(*Scenario, string) string // "" or why a value has no meaning although the key has, given the keys before this one; may be nil
	parse   func(*Scenario, string) error
	print   func(*Scenario) string
	check   func(*Scenario) *breach // rules between keys, run when all are set; may be nil
	others  func() string           // what else is allowed at this moment, behind allowed; may be nil
	last    bool                    // is set when all others are: its default depends on keys behind it
	silent  func(*Scenario) string  // the value at which names leave the key out, "" is none; may be nil
}

// breach is a broken rule between keys.
type breach struct {
	reason  string
	allowed string
}

var errValue = errors.New("not an allowed value")

// word makes a key whose values are a fixed list of words.
func word[T ~string](name, doc string, initial T, field func(*Scenario) *T, allowed ...T) key {
	words := make([]string, len(allowed))
	for i, w := range allowed {
		words[i] = string(w)
	}
	return key{
		name: name, doc: doc, allowed: strings.Join(words, ", "), initial: constant(string(initial)), applies: always,
		parse: func(s *Scenario, text string) error {
			if !slices.Contains(allowed, T(text)) {
				return errValue
			}
			*field(s) = T(text)
			return nil
		},
		print: func(s *Scenario) string { return string(*field(s)) },
	}
}

// number makes a key whose values are the integers from low to high.
func number(name, doc string, initial, low, high int, field func(*Scenario) *int) key {
	return key{
		name: name, doc: doc, allowed: fmt.Sprintf("%d..%d", low, high), initial: constant(strconv.Itoa(initial)), applies: always,
		parse: func(s *Scenario, text string) error {
			n, err := wholeNumber(text, low, high)
			if err == nil {
				*field(s) = n
			}
			return err
		},
		print: func(s *Scenario) string { return strconv.Itoa(*field(s)) },
	}
}

// span makes a key whose values are the durations from low to high.
func span(name, doc string, initial, low, high time.Duration, field func(*Scenario) *time.Duration) key {
	return key{
		name: name, doc: doc, initial: constant(printDuration(initial)), applies: always,
		allowed: fmt.Sprintf("%s..%s, with a unit (us, ms, s, m)", printDuration(low), printDuration(high)),
		parse: func(s *Scenario, text string) error {
			d, err := time.ParseDuration(text)
			switch {
			case err != nil:
				return errors.New("not a duration")
			case d < low || d > high:
				return errors.New("out of range")
			}
			*field(s) = d
			return nil
		},
		print: func(s *Scenario) string { return printDuration(*field(s)) },
	}
}

// printDuration writes a duration in ASCII and without trailing zero units (1m, not 1m0s): names go into file names and shells.
func printDuration(d time.Duration) string {
	text := strings.Replace(d.String(), "µ", "u", 1)
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// values lists what is allowed, for people.
func (k *key) values() string {
	if k.others == nil {
		return k.allowed
	}
	return k.allowed + k.others()
}

func constant(value string) func(*Scenario) string { return func(*Scenario) string { return value } }

func always(*Scenario) string { return "" }

// only restricts a key to scenarios for which ok holds.
func (k key) only(reason string, ok func(*Scenario) bool) key {
	k.applies = func(s *Scenario) string {
		if ok(s) {
			return ""
		}
		return reason
	}
	return k
}

// besides says which values have no meaning in some scenarios to which the key applies: there they are as good as not given.
func (k key) besides(idle func(*Scenario, string) string) key {
	k.idle = idle
	return k
}

// whyIdle is "" or why the setting has no meaning in a scenario.
func (g setting) whyIdle(s *Scenario) string {
	if why := g.key.applies(s); why != "" || g.key.idle == nil {
		return why
	}
	return g.key.idle(s, g.value)
}

// with adds a rule between keys.
func (k key) with(check func(*Scenario) *breach) key {
	k.check = check
	return k
}

// afterAll lets the default depend on every other key, none of which may depend on this one.
func (k key) afterAll() key {
	k.last = true
	return k
}

// allowing replaces the text of the allowed values where they depend on other keys.
func (k key) allowing(text string) key {
	k.allowed = text
	return k
}

// defaulting replaces the default by one that depends on earlier keys.
func (k key) defaulting(initial func(*Scenario) string) key {
	k.initial = initial
	return k
}

// optional leaves the key out of names where it has this value, as all names were before there was the key. Wherever the rules between keys
// allow the value, it must be the default: a name without the key means it.
func (k key) optional(value string) key { return k.optionalAs(constant(value)) }

// optionalAs is optional with a value that depends on earlier keys; "" is none.
func (k key) optionalAs(value func(*Scenario) string) key {
	k.silent = value
	return k
}

// isSilent says whether names leave the key out.
func (k *key) isSilent(s *Scenario) bool {
	if k.silent == nil {
		return false
	}
	value := k.silent(s)
	return value != "" && k.print(s) == value
}

// find returns the key of a name, nil if there is none. Keys are the same if their names are.
func find(name string) *key {
	if sysctl, ok := strings.CutPrefix(name, SysctlPrefix); ok {
		return sysctlKey(sysctl)
	}
	for i := range keys {
		if keys[i].name == name {
			return &keys[i]
		}
	}
	return nil
}

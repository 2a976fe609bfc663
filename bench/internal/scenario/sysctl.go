package scenario

import (
	"regexp"
	"slices"
	"strings"
)

// SysctlPrefix begins the key of a sysctl in words and names: sysctl.net.ipv4.tcp_rmem=4096+131072+6291456.
const SysctlPrefix = "sysctl."

// Sysctls are kernel settings of the scene's network namespaces in their canonical form, which makes equal settings equal strings: NAME=VALUE
// pairs sorted by name, joined by '/'. Between the numbers of a value that is a list stands '+'.
type Sysctls string

// Values returns the settings by dotted name, as the kernel takes them.
func (s Sysctls) Values() map[string]string {
	values := map[string]string{}
	for _, pair := range s.pairs() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = strings.ReplaceAll(value, "+", " ")
	}
	return values
}

func (s Sysctls) pairs() []string {
	if s == "" {
		return nil
	}
	return strings.Split(string(s), "/")
}

// value is the canonical value of a sysctl. ok is false if it is not set.
func (s Sysctls) value(name string) (value string, ok bool) {
	for _, pair := range s.pairs() {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// with is s with one more sysctl, which it must not have yet.
func (s Sysctls) with(name, value string) Sysctls {
	pairs := append(s.pairs(), name+"="+value)
	slices.Sort(pairs)
	return Sysctls(strings.Join(pairs, "/"))
}

const (
	sysctlDoc     = "a kernel setting of every network namespace of the scene, NAME a dotted name below net."
	sysctlAllowed = "a value without '/' and ','; the numbers of a list are joined by + (4096+131072+6291456)"
	sysctlNames   = "names below net. that a network namespace has for itself, such as " + SysctlPrefix + "net.ipv4.tcp_rmem"
)

var (
	netSysctl   = regexp.MustCompile(`^net(\.[A-Za-z0-9_-]+){2,}$`)
	sysctlValue = regexp.MustCompile(`^[A-Za-z0-9_.:-]+(\+[A-Za-z0-9_.:-]+)*$`)
)

// sysctlKey makes the key of a sysctl, nil of a name that is none in a network namespace.
func sysctlKey(name string) *key {
	if !netSysctl.MatchString(name) {
		return nil
	}
	return &key{
		name: SysctlPrefix + name, doc: sysctlDoc, allowed: sysctlAllowed, applies: always,
		parse: func(s *Scenario, text string) error {
			value := strings.Join(strings.Fields(text), "+")
			if !sysctlValue.MatchString(value) {
				return errValue
			}
			s.Sysctls = s.Sysctls.with(name, value)
			return nil
		},
		print: func(s *Scenario) string {
			value, _ := s.Sysctls.value(name)
			return value
		},
	}
}

// sysctlKeys are the keys of the sysctls that the scenario sets.
func (s Scenario) sysctlKeys() []*key {
	var keys []*key
	for _, pair := range s.Sysctls.pairs() {
		name, _, _ := strings.Cut(pair, "=")
		keys = append(keys, sysctlKey(name))
	}
	return keys
}

// notInNamespace is the error for a sysctl of which the name alone says that a network namespace cannot have it.
func notInNamespace(word, name string) *UsageError {
	reason := "not the name of a sysctl that a network namespace has"
	if !strings.HasPrefix(name, "net.") {
		reason = "outside net., so it is the whole host's, whose sysctls are never touched: set it there before the run"
	}
	return &UsageError{word, reason, sysctlNames}
}

// splitName splits a scenario name into its pairs. A sysctl's value that was torn apart is an error.
func splitName(name string) ([]string, error) {
	pairs := strings.Split(name, "/")
	for i, pair := range pairs[1:] {
		if strings.HasPrefix(pairs[i], SysctlPrefix) && !strings.Contains(pair, "=") {
			return nil, &UsageError{name, "the value of a sysctl cannot hold a '/', which separates the pairs of a scenario name", sysctlAllowed}
		}
	}
	return pairs, nil
}

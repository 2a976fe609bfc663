package scenario

import (
	"slices"
	"strings"
	"sync/atomic"
)

// Program is a program of others that dut=NAME can name: what a scenario must know of it.
type Program struct {
	Name     DUT
	Devs     []Dev    // device types that it takes, at least one
	Settings []string // keys that it understands, of those that otherwise only dut=forwarder has
}

// programs are those that were declared.
var programs atomic.Pointer[[]Program]

// Declare sets the programs that scenarios may name in dut=, in place of any that were declared before. A name
// that is taken is a [*UsageError].
func Declare(declared []Program) error {
	taken := []string{string(Forwarder), string(WireGuardGo), string(Netpoll), string(Route), string(Veth), string(Bridge)}
	for _, t := range tunnels() {
		if t.name != Nebula { // a program may be its namesake: topo=tunnel tells them apart
			taken = append(taken, string(t.name))
		}
	}
	for _, p := range declared {
		if slices.Contains(taken, string(p.Name)) {
			return &UsageError{Word: "dut=" + string(p.Name), Reason: "the name is taken", Allowed: "any but " + strings.Join(taken, ", ")}
		}
		taken = append(taken, string(p.Name))
	}
	programs.Store(&declared)
	return nil
}

// declared are the programs that may be named.
func declared() []Program {
	if all := programs.Load(); all != nil {
		return *all
	}
	return nil
}

// program is the one that is under test; nil if none of others is.
func (s *Scenario) program() *Program {
	if s.Topo == Tunnel {
		return nil
	}
	all := declared()
	i := slices.IndexFunc(all, func(p Program) bool { return p.Name == s.DUT })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// IsProgram reports whether the device under test is a program that was declared, see [Declare].
func (s Scenario) IsProgram() bool { return s.program() != nil }

// Device is the type of the devices that a program opens, also where dev does not apply because the program takes one type only.
func (s Scenario) Device() Dev {
	if p := s.program(); p != nil && len(p.Devs) == 1 {
		return p.Devs[0]
	}
	if t := s.tunnel(); t != nil && len(t.devs) == 1 {
		return t.devs[0]
	}
	switch {
	case s.Dev != "":
		return s.Dev
	case s.Topo.hasBridge():
		return TAP
	}
	return TUN // a rival
}

// understood restricts a key to the forwarder and programs that know it.
func (k key) understood() key {
	name := k.name
	k.applies = func(s *Scenario) string {
		p, t := s.program(), s.tunnel()
		switch {
		case s.DUT == Forwarder, p != nil && slices.Contains(p.Settings, name), t != nil && slices.Contains(t.settings, name):
			return ""
		case p != nil:
			return "dut=" + string(p.Name) + " does not understand it: it is not among the settings of its program file"
		}
		return forwarderOnly
	}
	return k
}

// hasDev says whether there is a choice of device types.
func hasDev(s *Scenario) bool {
	p, t := s.program(), s.tunnel()
	return s.DUT == Forwarder || t != nil && len(t.devs) > 1 || p != nil && len(p.Devs) > 1
}

// dutKey names what is under test: one of ours, or a program that was declared.
func dutKey() key {
	k := word("dut", "device under test", Forwarder, func(s *Scenario) *DUT { return &s.DUT }, Forwarder, WireGuardGo, Netpoll, Route, Veth, Bridge, Plain, OpenVPN, Nebula, KernelVXLAN, IPIP, GRE)
	ours := k.parse
	k.parse = func(s *Scenario, text string) error {
		for _, p := range declared() {
			if text == string(p.Name) {
				s.DUT = p.Name
				return nil
			}
		}
		return ours(s, text)
	}
	k.others = func() string {
		text := ""
		for _, p := range declared() {
			text += ", " + string(p.Name)
		}
		if text == "" {
			return "; others with --program FILE"
		}
		return text
	}
	return k
}

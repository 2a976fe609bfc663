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
	Tunnel   bool     // it is a pair of programs, of topo=tunnel; else one between two devices
	Overhead int      // of a tunnel: bytes before an IP packet on the physical link, or before the frame of a TAP device
}

// programs are those that were declared.
var programs atomic.Pointer[[]Program]

// Declare sets the programs that scenarios may name in dut=, in place of any that were declared before. A name
// that is taken is a [*UsageError].
func Declare(declared []Program) error {
	var taken []string
	for _, name := range ours() {
		if name != Nebula { // a program that is no tunnel may be its namesake: topo=tunnel tells them apart
			taken = append(taken, string(name))
		}
	}
	for _, p := range declared {
		if slices.Contains(taken, string(p.Name)) || p.Tunnel && p.Name == Nebula {
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

// program is the one between two devices that is under test; nil if none of others is.
func (s *Scenario) program() *Program {
	if s.Topo == Tunnel {
		return nil
	}
	all := declared()
	i := slices.IndexFunc(all, func(p Program) bool { return p.Name == s.DUT && !p.Tunnel })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// IsProgram reports whether the device under test is a program that was declared, see [Declare].
func (s Scenario) IsProgram() bool {
	t := s.tunnel()
	return s.program() != nil || t != nil && t.declared
}

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
		case p != nil, t != nil && t.declared:
			return "dut=" + string(s.DUT) + " does not understand it: it is not among the settings of its program file"
		}
		return forwarderOnly + ", and to programs and tunnels that understand it"
	}
	return k
}

// hasDev says whether there is a choice of device types.
func hasDev(s *Scenario) bool {
	p, t := s.program(), s.tunnel()
	return s.DUT == Forwarder || t != nil && len(t.devs) > 1 || p != nil && len(p.Devs) > 1
}

// ours are the devices under test that need not be declared.
func ours() []DUT {
	all := []DUT{Forwarder, WireGuardGo, Netpoll, Route, Veth, Bridge}
	for _, t := range tunnels() {
		if !slices.Contains(all, t.name) {
			all = append(all, t.name)
		}
	}
	return all
}

// dutKey names what is under test: one of ours, or a program that was declared.
func dutKey() key {
	k := word("dut", "device under test", Forwarder, func(s *Scenario) *DUT { return &s.DUT }, ours()...)
	parse := k.parse
	k.parse = func(s *Scenario, text string) error {
		for _, p := range declared() {
			if text == string(p.Name) {
				s.DUT = p.Name
				return nil
			}
		}
		return parse(s, text)
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

package conform

import (
	"context"
	"fmt"
	"path"
	"slices"

	"tunbench/bench/internal/scenario"
	"tunbench/offload/offloadtest"
)

// Group is what sort of traffic or event a case is about.
type Group string

// The groups, in the order in which they are run.
const (
	Legal     Group = "legal"     // what may come from any host arrives as the kernel delivers it
	Hostile   Group = "hostile"   // what contradicts itself is dropped or passed as it is, and harms nothing else
	Behaviour Group = "behaviour" // order, promptness, and what happens to the devices
)

// Late is the kind of a packet that was held back.
const Late offloadtest.Kind = "late"

// Stopped is the kind of a program that ended though nothing told it to.
const Stopped offloadtest.Kind = "stopped"

// Case is one check.
type Case struct {
	Group Group
	Name  string
	Doc   string // what is checked, one line
	Finds []offloadtest.Kind

	needs   func(scenario.Scenario) string // why it does not apply, "" if it does; nil: it always does
	packets func(*maker)                   // what is sent from A to B; nil where run does it
	run     func(context.Context, *room) error
	spoils  bool // the scene is of no use afterwards
}

// String is the case's name with its group's.
func (c Case) String() string { return string(c.Group) + "/" + c.Name }

// refuses says why the case does not apply to a setting, "" if it does.
func (c Case) refuses(s scenario.Scenario) string {
	if c.needs == nil {
		return ""
	}
	return c.needs(s)
}

// Cases lists all, in the order in which they are run.
func Cases() []Case { return slices.Concat(legalCases(), hostileCases(), behaviourCases()) }

// Match returns those whose full name, name or group matches the pattern, see [path.Match];
// "" is all.
func Match(cases []Case, pattern string) ([]Case, error) {
	if pattern == "" {
		return cases, nil
	}
	var matched []Case
	for _, c := range cases {
		for _, name := range []string{c.String(), c.Name, string(c.Group)} {
			ok, err := path.Match(pattern, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", pattern, err)
			}
			if ok {
				matched = append(matched, c)
				break
			}
		}
	}
	return matched, nil
}

// notApplicable says that a case cannot be run here, and why.
type notApplicable string

func (n notApplicable) Error() string { return string(n) }

func needsTAP(s scenario.Scenario) string {
	if !s.CarriesEthernet() {
		return "needs dev=tap: a TUN device carries IP packets only"
	}
	return ""
}

func needsProcess(r *room) error {
	if len(r.running.Processes()) == 0 {
		return notApplicable("the device under test is no process of its own")
	}
	return nil
}

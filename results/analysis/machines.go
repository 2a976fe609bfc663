package analysis

import (
	"fmt"

	"tunbench/results"
	"tunbench/results/stat"
)

// Machine is one machine of a merged file, with all that it measured.
type Machine struct {
	*results.File
	Name string // of the host; with the machine's number where several have this name
}

// hostKey is the same for shards that were measured on one host, as far as that is on record.
func (m Machine) hostKey() string {
	if m.Shard != nil && m.Shard.HostID != "" {
		return m.Shard.HostID
	}
	return m.Name
}

// MachinesOf is the machines of a merged file in the order of the file. Any other file has one.
func MachinesOf(f *results.File) []Machine {
	parts := f.Parts()
	named := map[string]int{}
	for _, part := range parts {
		named[part.Host.Hostname]++
	}
	machines := make([]Machine, len(parts))
	for i, part := range parts {
		name := part.Host.Hostname
		if number := part.Shard; number != nil && (name == "" || named[name] > 1) {
			name = fmt.Sprintf("%s#%d", name, number.Index)
		}
		machines[i] = Machine{part, name}
	}
	return machines
}

// Fleet is what the machines of a merged file say together. Nothing in it is made of trials of several machines thrown together: each machine has its own
// verdicts, and the machines' figures are what is taken together.
type Fleet struct {
	Machines    []Machine
	Comparisons []FleetComparison // in the order of the plan
	Differences []Property        // in what the hosts differ
}

// FleetComparison is one comparison of A and B on all machines. Of a scenario that is set against no other it is the scenario's figures themselves: then there is no A, a
// machine has no verdict, and what is called ratio here is the figure in the unit of its metric.
type FleetComparison struct {
	ScenarioA, ScenarioB string // as the first machine has them
	ProgramA, ProgramB   string
	Metrics              []Across // those that a machine has
	// Untold are the properties of which the machines are too few, or too unevenly spread, to tell whether they go with a difference; empty where no
	// metric differs between machines.
	Untold []string
}

// Absolute says whether it is the figures of a scenario themselves.
func (c FleetComparison) Absolute() bool { return c.ScenarioA == "" }

// Machines is the number of machines that measured it.
func (c FleetComparison) Machines() (n int) {
	for _, a := range c.Metrics {
		n = max(n, len(a.On))
	}
	return n
}

// Telling is the metric that a reader wants to know of first: one that is decided on a machine, before one that is not. There is one.
func (c FleetComparison) Telling() Across {
	for _, a := range c.Metrics {
		if a.Count(results.VerdictInconclusive) < len(a.On) {
			return a
		}
	}
	return c.Metrics[0]
}

// Across is one metric of a comparison on all machines that have it.
type Across struct {
	Metric results.Metric
	Margin float64
	On     []OnMachine
	Hosts  int          // that have a ratio: the machines, but for shards of one host
	Pooled *stat.Pooled // of the logarithms of the hosts' ratios; nil where fewer than two hosts have one
	Alike  Alike
	PValue float64 // of machines as far apart where they are alike; after Holm over the metrics of the comparison. 1 without Pooled
	// Goes are the properties that go with the difference between machines: each entry is one property, or several that cannot be told apart on these
	// machines. Only where the machines differ.
	Goes []GoesWith
	// Tested are the names of all properties that could have been found.
	Tested []string
}

// OnMachine is what one machine says of a metric.
type OnMachine struct {
	Machine            int // in [Fleet.Machines]
	results.Comparison     // its own verdict, by the rules of [Compare]
	study              *stat.Study
}

// Counted says whether the machine's ratio is part of what all machines say together. It is not where a round is without a ratio or B brought nothing
// through, and where there are fewer than two rounds.
func (o OnMachine) Counted() bool { return o.study != nil }

// Range is the least and the largest ratio of a machine among those that have one; ok is false where none has.
func (a Across) Range() (least, most float64, ok bool) {
	for _, on := range a.On {
		if on.Rounds == 0 {
			continue
		}
		if !ok {
			least, most, ok = on.Ratio, on.Ratio, true
		}
		least, most = min(least, on.Ratio), max(most, on.Ratio)
	}
	return least, most, ok
}

// Count is the number of machines with a verdict.
func (a Across) Count(v results.Verdict) (n int) {
	for _, on := range a.On {
		if on.Verdict == v {
			n++
		}
	}
	return n
}

// Counted is the number of machines that are part of what all say together.
func (a Across) Counted() (n int) {
	for _, on := range a.On {
		if on.Counted() {
			n++
		}
	}
	return n
}

// Alike says whether the machines differ in the ratio of B to A.
type Alike string

// What there is to say of it.
const (
	AlikeUnknown  Alike = "unknown"   // fewer than two machines have a ratio
	AlikeDiffer   Alike = "differ"    // by more than chance, and by more than the margin
	AlikeLittle   Alike = "little"    // by more than chance, but by less than the margin
	AlikeShown    Alike = "alike"     // shown to differ by less than the margin
	AlikeNotShown Alike = "not shown" // neither a difference nor likeness is shown
)

// FewMachines is the number of machines below which what they say of others is next to nothing.
const FewMachines = 4

// FleetOf takes the machines of a merged file together. Files of which nothing can be compared give no comparison.
func FleetOf(f *results.File) (*Fleet, error) {
	fleet := &Fleet{Machines: MachinesOf(f)}
	var err error
	if fleet.Comparisons, err = comparisonsOf(fleet.Machines); err != nil {
		return nil, fmt.Errorf("compare machines: %w", err)
	}
	fleet.Differences = factsOf(fleet.Machines)
	for i := range fleet.Comparisons {
		c := &fleet.Comparisons[i]
		if err := c.pool(fleet.Machines); err != nil {
			return nil, fmt.Errorf("compare machines: %s: %w", c.ScenarioB, err)
		}
		if err := c.explain(fleet, uint64(i)); err != nil {
			return nil, fmt.Errorf("compare machines: %s: %w", c.ScenarioB, err)
		}
	}
	return fleet, nil
}

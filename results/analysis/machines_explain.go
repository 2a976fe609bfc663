package analysis

import (
	"cmp"
	"math"
	"slices"

	"tunbench/results/stat"
)

// GoesWith is a property that goes with the difference between machines, or several that cannot be told apart on these machines.
type GoesWith struct {
	Names  []string        // several: it can be any of them
	Levels []PropertyLevel // of the first; the largest ratio first
	PValue float64         // of the first; after Holm over all properties and metrics of the comparison that were tested
}

// PropertyLevel is the machines that have one value of a property.
type PropertyLevel struct {
	Value    string
	Machines int
	Ratio    float64 // their mean, weighted as in the mean of all
}

// candidate is properties that split the machines of a metric in the same way.
type candidate struct {
	metric *metricValues
	names  []string
	values []string // of the first name, by machine
	group  []int
	stat.Groups
	adjusted float64
}

// metricValues is the machines of one metric, those without a ratio left out.
type metricValues struct {
	across     *Across
	values     []float64
	weights    []float64
	candidates []*candidate
	seed       uint64
}

// explain looks for properties that go with the difference, in each metric whose machines differ. How many properties are tested follows from how the machines
// are spread over them, before any ratio is looked at: one whose groups cannot reach significance would only make it harder for others (Tarone 1990, A modified
// Bonferroni method for discrete data). Shards that were measured on one host count once, or a plan that two hosts measured six times each would blame whatever differs
// between the two.
func (c *FleetComparison) explain(fleet *Fleet, seed uint64) error {
	var all []*candidate
	for i := range c.Metrics {
		a := &c.Metrics[i]
		if a.Alike != AlikeDiffer {
			continue
		}
		v := valuesOf(a, fleet, seed+uint64(i))
		for _, one := range v.candidates {
			var err error
			if one.Groups, err = stat.GroupDifference(v.values, v.weights, one.group, nil, v.seed); err != nil {
				return err
			}
		}
		all = append(all, v.candidates...)
	}
	tested := testable(all)
	chances := make([]float64, len(tested))
	for i, one := range tested {
		chances[i] = one.P
	}
	for i, p := range stat.Holm(chances) {
		tested[i].adjusted = p
	}
	for _, one := range all {
		if slices.Contains(tested, one) {
			one.metric.across.Tested = append(one.metric.across.Tested, one.names...)
			continue
		}
		for _, name := range one.names {
			if !slices.Contains(c.Untold, name) {
				c.Untold = append(c.Untold, name)
			}
		}
	}
	for _, one := range tested {
		if err := one.metric.attribute(one, tested); err != nil {
			return err
		}
	}
	for i := range c.Metrics {
		slices.SortStableFunc(c.Metrics[i].Goes, func(a, b GoesWith) int { return cmp.Compare(a.PValue, b.PValue) })
	}
	return nil
}

// valuesOf is the hosts of a metric and the properties in which they differ; those that split them in the same way are one candidate.
func valuesOf(a *Across, fleet *Fleet, seed uint64) *metricValues {
	v := &metricValues{across: a, seed: seed}
	facts := fleet.Differences
	studies, machines := a.hosts(fleet.Machines)
	for _, study := range studies {
		v.values = append(v.values, study.Value)
		v.weights = append(v.weights, 1/(study.Variance+a.Pooled.Tau*a.Pooled.Tau))
	}
	if len(machines) < 2 {
		return v
	}
	for _, fact := range facts {
		one := &candidate{metric: v, names: []string{fact.Name}, adjusted: 1}
		numbers := map[string]int{}
		for _, machine := range machines {
			value := fact.Values[machine]
			if _, known := numbers[value]; !known {
				numbers[value] = len(numbers)
			}
			one.values, one.group = append(one.values, value), append(one.group, numbers[value])
		}
		if len(numbers) < 2 {
			continue
		}
		if i := slices.IndexFunc(v.candidates, func(other *candidate) bool { return slices.Equal(other.group, one.group) }); i >= 0 {
			v.candidates[i].join(one, fact, facts)
			continue
		}
		v.candidates = append(v.candidates, one)
	}
	return v
}

// join takes in another property that splits the machines in the same way. That a property splits them as a part of it does says nothing new: then the whole stands for both.
func (c *candidate) join(one *candidate, fact Property, facts []Property) {
	for i, name := range c.names {
		if slices.ContainsFunc(facts, func(f Property) bool { return f.Name == name && f.Finer == fact.Name }) {
			if c.names[i] = fact.Name; i == 0 {
				c.values = one.values
			}
			return
		}
	}
	c.names = append(c.names, fact.Name)
}

// testable is the candidates that can reach significance after the correction for their own number.
func testable(all []*candidate) []*candidate {
	for k := 1; ; k++ {
		some := slices.DeleteFunc(slices.Clone(all), func(c *candidate) bool { return c.Least*float64(k) >= Significance })
		if len(some) <= k {
			return some
		}
	}
}

// attribute says of a property that is significant whether it is that one, another that goes along with it, or one of several.
func (v *metricValues) attribute(c *candidate, tested []*candidate) error {
	if c.adjusted >= Significance {
		return nil
	}
	rivals := []*candidate{c}
	for _, other := range v.candidates {
		if other == c || !rival(c, other, tested) {
			continue
		}
		clear, err := v.clearOf(c, other)
		if err != nil {
			return err
		}
		if clear {
			continue
		}
		beaten := false
		if other.adjusted < Significance {
			if beaten, err = v.clearOf(other, c); err != nil {
				return err
			}
		}
		if beaten {
			return nil // the other one says it all
		}
		rivals = append(rivals, other)
	}
	goes := GoesWith{PValue: c.adjusted, Levels: v.levels(c)}
	for _, r := range rivals {
		goes.Names = append(goes.Names, r.names...)
	}
	v.across.take(goes)
	return nil
}

// take adds an entry, or the names of one to an entry that has some of them already.
func (a *Across) take(goes GoesWith) {
	for i := range a.Goes {
		if slices.ContainsFunc(goes.Names, func(n string) bool { return slices.Contains(a.Goes[i].Names, n) }) {
			for _, name := range goes.Names {
				if !slices.Contains(a.Goes[i].Names, name) {
					a.Goes[i].Names = append(a.Goes[i].Names, name)
				}
			}
			return
		}
	}
	a.Goes = append(a.Goes, goes)
}

// rival says whether another property may be what is behind a difference that a property was found to go with: it goes with it too, or the machines are too few
// to tell and it would explain at least half as much.
func rival(c, other *candidate, tested []*candidate) bool {
	if slices.Contains(tested, other) {
		return other.P < Significance
	}
	return other.Share >= c.Share/2
}

// clearOf says whether a property goes with the difference whatever another one does. It is tested twice: among machines that have the other property
// in common, and, for a property that changes only together with the other, with the machines that agree in both taken as one, as they would have to be if the
// other one mattered.
func (v *metricValues) clearOf(c, other *candidate) (bool, error) {
	within, err := stat.GroupDifference(v.values, v.weights, c.group, other.group, v.seed)
	if err != nil {
		return false, err
	}
	values, weights, group := v.cells(c, other)
	between := stat.Groups{P: 1}
	if len(values) > 1 {
		if between, err = stat.GroupDifference(values, weights, group, nil, v.seed); err != nil {
			return false, err
		}
	}
	return 2*min(within.P, between.P) < Significance, nil
}

// cells takes machines that agree in two properties as one.
func (v *metricValues) cells(c, other *candidate) (values, weights []float64, group []int) {
	index := map[[2]int]int{}
	for i, value := range v.values {
		cell := [2]int{c.group[i], other.group[i]}
		at, known := index[cell]
		if !known {
			at = len(values)
			index[cell] = at
			values, weights, group = append(values, 0), append(weights, 0), append(group, c.group[i])
		}
		weights[at] += v.weights[i]
		values[at] += v.weights[i] * (value - values[at]) / weights[at]
	}
	return values, weights, group
}

// levels is the mean ratio of the machines with each value of a property.
func (v *metricValues) levels(c *candidate) []PropertyLevel {
	var levels []PropertyLevel
	var sums, totals []float64
	for i, value := range c.values {
		at := slices.IndexFunc(levels, func(l PropertyLevel) bool { return l.Value == value })
		if at < 0 {
			at = len(levels)
			levels, sums, totals = append(levels, PropertyLevel{Value: value}), append(sums, 0), append(totals, 0)
		}
		levels[at].Machines++
		sums[at] += v.weights[i] * v.values[i]
		totals[at] += v.weights[i]
	}
	for i := range levels {
		levels[i].Ratio = math.Exp(sums[i] / totals[i])
	}
	slices.SortStableFunc(levels, func(a, b PropertyLevel) int { return cmp.Compare(b.Ratio, a.Ratio) })
	return levels
}

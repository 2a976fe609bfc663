package analysis

import (
	"math"
	"slices"
	"time"

	"tunbench/results"
	"tunbench/results/stat"
)

// sample is what a model knows of a trial.
type sample struct {
	cell   string
	round  int
	start  time.Time
	levels []int   // by knob, an index into its values; -1 where it does not apply
	log    float64 // of the metric, less the mean over all samples
}

// samplesOf takes the usable trials that have a logarithm, and counts those that have none.
func samplesOf(s results.Sweep, trials []results.Trial) (samples []sample, leftOut int) {
	var mean float64
	isCell := map[string]bool{}
	for _, scenario := range s.Scenarios {
		isCell[scenario] = true
	}
	for _, t := range trials {
		if !t.Usable() || !isCell[t.Scenario] {
			continue
		}
		value, ok := results.Metrics(t)[s.Metric]
		if !ok || value <= 0 {
			leftOut++
			continue
		}
		pairs := results.SettingsOf(t.Scenario)
		levels := make([]int, len(s.Knobs))
		for i, k := range s.Knobs {
			levels[i] = slices.Index(k.Values, results.ValueOf(pairs, k.Key))
		}
		samples = append(samples, sample{t.Scenario, t.Round, t.Start, levels, math.Log(value)})
		mean += math.Log(value)
	}
	for i := range samples {
		samples[i].log -= mean / float64(len(samples))
	}
	return samples, leftOut
}

// factor is a knob with the levels that some sample has.
type factor struct {
	knob   results.Knob
	index  int   // among the sweep's knobs
	levels []int // indices into knob.Values, at least two
}

// code is the sum coding of a sample's level, a number for every level but the last: it makes all effects deviations from their mean. A knob
// that does not apply has no effect.
func (f factor) code(s sample) []float64 {
	code := make([]float64, len(f.levels)-1)
	switch i := slices.Index(f.levels, s.levels[f.index]); i {
	case -1:
	case len(code):
		for j := range code {
			code[j] = -1
		}
	default:
		code[i] = 1
	}
	return code
}

// term is the columns of a main effect or of an interaction.
type term struct {
	factors []factor
	first   int // column
	count   int // of columns: the degrees of freedom
}

func (t term) columns() []int { return span(t.first, t.count) }

// span is the integers from first.
func span(first, count int) []int {
	columns := make([]int, count)
	for i := range columns {
		columns[i] = first + i
	}
	return columns
}

// design is the linear model of a sweep: columns for the mean and the rounds, for every knob, and for every two knobs.
type design struct {
	rounds       []int
	samples      []sample
	blocks       []int // columns of the mean and the rounds
	mains        []term
	interactions []term
	model        *stat.LeastSquares
	total        float64 // sum of squares within rounds
	noise        noise
}

func newDesign(s results.Sweep, samples []sample) *design {
	d := &design{samples: samples, noise: noiseOf(samples)}
	for _, sample := range samples {
		if !slices.Contains(d.rounds, sample.round) {
			d.rounds = append(d.rounds, sample.round)
		}
	}
	next := max(len(d.rounds), 1)
	d.blocks = span(0, next)
	for i, k := range s.Knobs {
		f := factor{k, i, levelsOf(samples, i, len(k.Values))}
		if len(f.levels) > 1 {
			d.mains = append(d.mains, term{[]factor{f}, next, len(f.levels) - 1})
			next += len(f.levels) - 1
		}
	}
	for i, a := range d.mains {
		for _, b := range d.mains[i+1:] {
			d.interactions = append(d.interactions, term{[]factor{a.factors[0], b.factors[0]}, next, a.count * b.count})
			next += a.count * b.count
		}
	}
	d.model = stat.NewLeastSquares(next)
	for _, sample := range samples {
		d.model.Add(d.row(sample, next), sample.log)
	}
	// What rounding leaves of samples that are all the same is no variance.
	blocks := d.model.Fit(d.blocks)
	if d.total = blocks.Residual(); d.total < 1e-24*float64(len(samples)) {
		d.total = 0
	}
	return d
}

// levelsOf is the levels of a knob that occur.
func levelsOf(samples []sample, knob, values int) []int {
	var levels []int
	for level := range values {
		if slices.ContainsFunc(samples, func(s sample) bool { return s.levels[knob] == level }) {
			levels = append(levels, level)
		}
	}
	return levels
}

// row is a sample's value in every column.
func (d *design) row(s sample, columns int) []float64 {
	row := make([]float64, columns)
	row[0] = 1
	if i := slices.Index(d.rounds, s.round); i > 0 {
		row[i] = 1
	}
	for _, t := range d.mains {
		copy(row[t.first:], t.factors[0].code(s))
	}
	for _, t := range d.interactions {
		a, b := t.factors[0].code(s), t.factors[1].code(s)
		copy(row[t.first:], product(a, b))
	}
	return row
}

// balanced says whether every combination of levels has exactly one sample in each round.
func (d *design) balanced() bool {
	combinations := 1
	for _, t := range d.mains {
		combinations *= t.count + 1
	}
	type place struct {
		cell  string
		round int
	}
	seen := map[place]bool{}
	for _, s := range d.samples {
		seen[place{s.cell, s.round}] = true
	}
	return len(seen) == combinations*len(d.rounds) && len(d.samples) == len(seen)
}

package analysis

import (
	"math"
	"slices"

	"tunbench/results/stat"
)

// columnsWithout is the columns of the blocks and of all terms but one.
func columnsWithout(blocks []int, terms []term, left int) []int {
	columns := slices.Clone(blocks)
	for i, t := range terms {
		if i != left {
			columns = append(columns, t.columns()...)
		}
	}
	return columns
}

// told is a term that can be told from all others, by the fit of all.
type told struct{ fit stat.Fit }

// tell fits terms with and without each; one that cannot be told from the others is nil.
func (d *design) tell(blocks []int, terms []term) []*told {
	whole := d.model.Fit(columnsWithout(blocks, terms, -1))
	all := make([]*told, len(terms))
	for i, t := range terms {
		rest := d.model.Fit(columnsWithout(blocks, terms, i))
		if whole.Rank()-rest.Rank() < t.count {
			continue
		}
		// The columns of the term last, so that none of them is left out for the sake of others.
		f := d.model.Fit(append(columnsWithout(blocks, terms, i), t.columns()...))
		all[i] = &told{f}
	}
	return all
}

// addMains adds the effect of every knob, by the additive model.
func (d *design) addMains(e *Effects) {
	for i, told := range d.tell(d.blocks, d.mains) {
		t := d.mains[i]
		f := t.factors[0]
		if told == nil {
			e.Confused = append(e.Confused, f.knob.Key)
			continue
		}
		effect := Effect{Knobs: []string{f.knob.Key}, variance: told.spread(t)}
		for _, level := range f.levels {
			effect.Levels = append(effect.Levels, Level{f.knob.Values[level], math.Exp(told.value(t, f.code(f.sample(level))))})
		}
		d.choose(&effect, t, told, mainContrasts(f))
		e.Ranked = append(e.Ranked, effect)
	}
}

// addInteractions adds those of two knobs, by the model of all of them.
func (d *design) addInteractions(e *Effects) {
	blocks := columnsWithout(d.blocks, d.mains, -1)
	for i, told := range d.tell(blocks, d.interactions) {
		t := d.interactions[i]
		if told == nil {
			e.Untold++
			continue
		}
		effect := Effect{Knobs: []string{t.factors[0].knob.Key, t.factors[1].knob.Key}, variance: told.spread(t)}
		d.choose(&effect, t, told, interactionContrasts(t.factors[0], t.factors[1]))
		e.Ranked = append(e.Ranked, effect)
	}
}

// contrast is a difference of logarithms: weights for the columns of a term, and the levels that it takes from each other.
type contrast struct {
	weights     []float64
	most, least []string
}

// reversed takes the levels the other way round. Of an interaction that are those of the second knob.
func (c contrast) reversed() contrast {
	weights := make([]float64, len(c.weights))
	for i, w := range c.weights {
		weights[i] = -w
	}
	r := contrast{weights, slices.Clone(c.most), slices.Clone(c.least)}
	last := len(r.most) - 1
	r.most[last], r.least[last] = c.least[last], c.most[last]
	return r
}

// mainContrasts compares every two levels.
func mainContrasts(f factor) []contrast {
	var all []contrast
	for i, a := range f.levels {
		for _, b := range f.levels[:i] {
			all = append(all, contrast{f.difference(a, b), []string{f.knob.Values[a]}, []string{f.knob.Values[b]}})
		}
	}
	return all
}

// interactionContrasts compares what every two levels of one knob make of every two of the other.
func interactionContrasts(f, g factor) []contrast {
	var all []contrast
	for _, a := range mainContrasts(f) {
		for _, b := range mainContrasts(g) {
			c := contrast{most: []string{a.most[0], b.most[0]}, least: []string{a.least[0], b.least[0]}}
			c.weights = product(a.weights, b.weights)
			all = append(all, c)
		}
	}
	return all
}

// product is that of every two weights: the columns of an interaction.
func product(a, b []float64) []float64 {
	weights := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			weights = append(weights, x*y)
		}
	}
	return weights
}

// sample is one that has a level and is else nothing.
func (f factor) sample(level int) sample {
	levels := make([]int, f.index+1)
	levels[f.index] = level
	return sample{levels: levels}
}

// difference is the weights of level a less level b.
func (f factor) difference(a, b int) []float64 {
	weights := f.code(f.sample(a))
	for i, w := range f.code(f.sample(b)) {
		weights[i] -= w
	}
	return weights
}

// value is a linear combination of a term's coefficients.
func (told *told) value(t term, weights []float64) (v float64) {
	for i, w := range weights {
		v += w * told.fit.Coefficient(t.first+i)
	}
	return v
}

// spread is the variance of a term over all combinations of its levels.
func (told *told) spread(t term) float64 {
	codes := [][]float64{{1}}
	for _, f := range t.factors {
		var longer [][]float64
		for _, code := range codes {
			for _, level := range f.levels {
				longer = append(longer, product(code, f.code(f.sample(level))))
			}
		}
		codes = longer
	}
	squares := 0.0
	for _, code := range codes {
		v := told.value(t, code)
		squares += v * v
	}
	return squares / float64(len(codes))
}

// rounding is the share of the variance below which a difference of sums of squares is an error of arithmetic.
const rounding = 1e-12

// addShares divides the variance among the effects, the noise, and what the model does not explain.
func (d *design) addShares(e *Effects) {
	if d.total == 0 {
		return
	}
	n := float64(len(d.samples))
	model := d.model.Fit(columnsWithout(columnsWithout(d.blocks, d.mains, -1), d.interactions, -1))
	noise, rest := d.noise.squares/n, max(model.Residual()-d.noise.squares, 0)/n
	if rest < rounding*d.total/n {
		rest = 0
	}
	sum := noise + rest
	for _, effect := range e.Ranked {
		sum += effect.variance
	}
	if sum == 0 {
		return // all the difference is between knobs that cannot be told apart
	}
	e.NoiseShare, e.RestShare = noise/sum, rest/sum
	for i := range e.Ranked {
		e.Ranked[i].Share = e.Ranked[i].variance / sum
	}
}

// variance is that of such a combination, for residuals of variance one.
func (told *told) variance(t term, weights []float64) (v float64) {
	for i, w := range weights {
		for j, x := range weights {
			v += w * x * told.fit.Covariance(t.first+i, t.first+j)
		}
	}
	return v
}

// choose finds the contrast with the largest effect, and its interval.
func (d *design) choose(e *Effect, t term, told *told, contrasts []contrast) {
	best, most := contrasts[0], math.Inf(-1)
	for _, c := range contrasts {
		v := told.value(t, c.weights)
		if v < 0 {
			c, v = c.reversed(), -v
		}
		if v > most {
			best, most = c, v
		}
	}
	e.Ratio, e.Most, e.Least = math.Exp(most), best.most, best.least
	if d.noise.df == 0 {
		return
	}
	half := quantile(len(contrasts), d.noise.df) * math.Sqrt(d.noise.variance()*max(told.variance(t, best.weights), 0))
	if half < widest {
		e.Range = &Interval{math.Exp(most - half), math.Exp(most + half)}
	}
}

// widest is the reach, as a logarithm, beyond which an interval says nothing.
const widest = 50

// quantile is how many standard errors an interval reaches to each side: Student's t for one of several comparisons (Bonferroni).
func quantile(comparisons, df int) float64 {
	return stat.StudentQuantile((1-DefaultConfidence)/float64(comparisons), df)
}

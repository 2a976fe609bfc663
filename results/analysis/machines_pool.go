package analysis

import (
	"math"

	"tunbench/results/stat"
)

// pool takes the machines together, metric by metric, and says whether they differ.
func (c *FleetComparison) pool(machines []Machine) error {
	var chances []float64
	var of []*Across
	for i := range c.Metrics {
		a := &c.Metrics[i]
		studies, _ := a.hosts(machines)
		a.Hosts = len(studies)
		if len(studies) < 2 {
			continue
		}
		pooled, err := stat.RandomEffects(studies, DefaultConfidence)
		if err != nil {
			return err
		}
		p, err := stat.Heterogeneity(studies, uint64(i))
		if err != nil {
			return err
		}
		a.Pooled, chances, of = &pooled, append(chances, p), append(of, a)
	}
	for i, p := range stat.Holm(chances) {
		of[i].PValue = p
		of[i].Alike = of[i].alike()
	}
	return nil
}

// hosts are the ratios of all hosts, and the first machine of each. A host that measured several shards has one ratio: their mean, to which a shard with
// less noise adds more.
func (a Across) hosts(machines []Machine) (studies []stat.Study, first []int) {
	index := map[string]int{}
	for _, on := range a.On {
		if !on.Counted() {
			continue
		}
		key := machines[on.Machine].hostKey()
		at, known := index[key]
		if !known {
			index[key] = len(studies)
			studies, first = append(studies, *on.study), append(first, on.Machine)
			continue
		}
		s := &studies[at]
		weight, more := 1/s.Variance, 1/on.study.Variance
		s.Value += more / (weight + more) * (on.study.Value - s.Value)
		s.Variance = 1 / (weight + more)
		s.Freedom += on.study.Freedom
	}
	return studies, first
}

// alike judges the spread. Nearly all machines lie within twice the spread of their mean, so that half the margin of spread is the margin.
func (a Across) alike() Alike {
	half := math.Log1p(a.Margin) / 2
	switch shown := a.PValue < Significance; {
	case shown && a.Pooled.Tau <= half:
		return AlikeLittle
	case shown:
		return AlikeDiffer
	case a.Pooled.TauHigh <= half:
		return AlikeShown
	}
	return AlikeNotShown
}

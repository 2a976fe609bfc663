package analysis

import (
	"math"

	"tunbench/results/stat"
)

// pool takes the machines together, metric by metric, and says whether they differ.
func (c *FleetComparison) pool() error {
	var chances []float64
	var of []*Across
	for i := range c.Metrics {
		a := &c.Metrics[i]
		studies := a.studies()
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

func (a Across) studies() []stat.Study {
	var studies []stat.Study
	for _, on := range a.On {
		if on.Counted() {
			studies = append(studies, *on.study)
		}
	}
	return studies
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

package analysis

import "tunbench/results"

// MedianRange is the least and the greatest median of a metric, over those of n summaries that have it.
func MedianRange(summaries []Summary, m results.Metric) (low, high float64, n int) {
	for _, s := range summaries {
		stat, has := s.Stats[m]
		if !has {
			continue
		}
		if n == 0 {
			low, high = stat.Median, stat.Median
		}
		low, high = min(low, stat.Median), max(high, stat.Median)
		n++
	}
	return low, high, n
}

// Leader is the place, among summaries of the same load, of the program with the best median of a metric: of the first that any program has. Kernel paths are no programs:
// they show what the host can do. ok is false for fewer than two programs, or where none has any of the metrics.
func Leader(summaries []Summary, metrics []results.Metric) (place int, ok bool) {
	var programs []int
	for i, s := range summaries {
		if _, measured := s.Stats[results.MetricDUTCost]; measured {
			programs = append(programs, i)
		}
	}
	if len(programs) < 2 {
		return 0, false
	}
	for _, m := range metrics {
		best := -1
		for _, i := range programs {
			stat, has := summaries[i].Stats[m]
			if !has {
				continue
			}
			if best < 0 || (stat.Median > summaries[best].Stats[m].Median) == m.MoreIsBetter() {
				best = i
			}
		}
		if best >= 0 {
			return best, true
		}
	}
	return 0, false
}

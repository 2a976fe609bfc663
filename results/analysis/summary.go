package analysis

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/montanaflynn/stats"

	"tunbench/results"
)

// Summary is all trials of one scenario (and arm) taken together. The figures of those that failed or were interrupted are left out.
type Summary struct {
	Scenario  string
	Arm       string
	Trials    int // those left out included
	Used      int // trials whose figures are in Stats
	Stats     map[results.Metric]Stat
	Ledger    results.Ledger // sum over the trials used
	LimitedBy []string       // distinct, as they came
}

// Stat describes a metric over repeats, in the metric's own unit.
type Stat struct {
	N      int // trials that have the metric
	Median float64
	Min    float64
	Max    float64
}

// HalfRange is half the distance from the least to the largest value.
func (s Stat) HalfRange() float64 { return (s.Max - s.Min) / 2 }

// describe computes the Stat of some values. No values are an error.
func describe(values []float64) (Stat, error) {
	median, err := stats.Median(values)
	if err != nil {
		return Stat{}, fmt.Errorf("describe values: %w", err)
	}
	return Stat{N: len(values), Median: median, Min: slices.Min(values), Max: slices.Max(values)}, nil
}

// Summarize groups trials by scenario and arm, in the order in which these appear first.
func Summarize(trials []results.Trial) ([]Summary, error) {
	var summaries []Summary
	for _, group := range groupTrials(trials) {
		s, err := summarize(group)
		if err != nil {
			return nil, fmt.Errorf("summarize %s: %w", group[0].Scenario, err)
		}
		summaries = append(summaries, s)
	}
	return summaries, nil
}

// identity is what trials have in common that are repeats of one another.
type identity struct{ scenario, arm string }

func identityOf(t results.Trial) identity { return identity{t.Scenario, t.Arm} }

// groupTrials gathers the trials of each scenario and arm; no group is empty.
func groupTrials(trials []results.Trial) [][]results.Trial {
	index := map[identity]int{}
	var groups [][]results.Trial
	for _, t := range trials {
		id := identityOf(t)
		i, ok := index[id]
		if !ok {
			i = len(groups)
			index[id] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}

// summarize takes together trials of the same scenario and arm.
func summarize(trials []results.Trial) (Summary, error) {
	s := Summary{Scenario: trials[0].Scenario, Arm: trials[0].Arm, Trials: len(trials), Stats: map[results.Metric]Stat{}}
	values := map[results.Metric][]float64{}
	for _, t := range trials {
		if !t.Usable() {
			continue
		}
		s.Used++
		s.Ledger = results.Sum(s.Ledger, t.Ledger)
		if t.LimitedBy != "" && !slices.Contains(s.LimitedBy, t.LimitedBy) {
			s.LimitedBy = append(s.LimitedBy, t.LimitedBy)
		}
		for metric, value := range results.Metrics(t) {
			values[metric] = append(values[metric], value)
		}
	}
	for metric, v := range values {
		stat, err := describe(v)
		if err != nil {
			return Summary{}, fmt.Errorf("%s: %w", metric, err)
		}
		s.Stats[metric] = stat
	}
	return s, nil
}

// KernelDrops adds up the packets that the kernel dropped by reason and namespace, over the usable trials of a scenario and arm; the most
// frequent reason comes first.
func KernelDrops(trials []results.Trial, scenario, arm string) []results.DropReason {
	sums := map[results.DropReason]int64{}
	for _, t := range trials {
		if t.Usable() && identityOf(t) == (identity{scenario, arm}) {
			for _, d := range t.DropReasons {
				sums[results.DropReason{Reason: d.Reason, Namespace: d.Namespace}] += d.Packets
			}
		}
	}
	var all []results.DropReason
	for d, n := range sums {
		d.Packets = n
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b results.DropReason) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Namespace, b.Namespace))
	})
	return all
}

// NewPacketRange describes at least one number of packets.
func NewPacketRange(packets []int64) results.PacketRange {
	values := stats.LoadRawData(packets)
	// They fail where there are no values, and the deviation has none of a single one.
	mean, _ := stats.Mean(values)
	median, _ := stats.Median(values)
	r := results.PacketRange{Mean: mean, Median: median, Min: slices.Min(packets), Max: slices.Max(packets)}
	if len(packets) > 1 {
		r.StdDev, _ = stats.StandardDeviationSample(values)
	}
	return r
}

// MeanDurationS is the mean time that the longest bursts took; ok is false without repetitions.
func MeanDurationS(b results.Burst) (seconds float64, ok bool) {
	durations := make([]float64, len(b.Repetitions))
	for i, r := range b.Repetitions {
		durations[i] = r.DurationS
	}
	mean, err := stats.Mean(durations)
	return mean, err == nil
}

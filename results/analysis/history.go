package analysis

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/montanaflynn/stats"

	"tunbench/results"
	"tunbench/results/stat"
)

// LeastRuns is the least number of runs that a change of level is looked for in.
const LeastRuns = 8

// HistoryOptions say what of a history is looked at.
type HistoryOptions struct {
	// Significance is the probability with which a series without a change shows one; 0 is 0.01.
	Significance float64
	// Recent is the number of newest runs in which a change for the worse counts; 0 is 10.
	Recent int
	// Absolute takes every figure as it is, not as a ratio to a reference.
	Absolute bool
}

// History is result files in the order of their time, as one series for each scenario and metric.
type History struct {
	Options HistoryOptions
	Runs    []Run
	Series  []Series // by scenario in the order in which they appear, then by metric
	Short   []Series // those of fewer than LeastRuns runs, in which no change is looked for
	LeftOut []LeftOut
}

// Run is one result file with something for a history.
type Run struct {
	Time time.Time
	Host results.Host
	Path string // of the file, as it was given; "" if unknown

	plain, arms bool // it has plain trials; it has comparisons
}

// LeftOut is a file of which something has no place in a history.
type LeftOut struct {
	Path string // as it was given; "" if unknown
	Why  WhyLeftOut
}

// WhyLeftOut says why.
type WhyLeftOut int

// The reasons.
const (
	NothingForHistory WhyLeftOut = iota // it has neither plain trials nor comparisons
	SlowedOnPurpose                     // its comparisons are of a program that was slowed on purpose
	CommitsOfLongAgo                    // its comparisons are those of a bisect
)

// Series is one figure of one scenario over the runs.
type Series struct {
	Scenario  string
	Metric    results.Metric
	Reference string // what the figure is a ratio to: a scenario of the same run; "" for a figure as it is
	Arms      bool   // the figure is the ratio of two arms, as a comparison has it
	Points    []Point
	Levels    []HistoryLevel // between changes; one if there is none
	Changes   []Change
	States    *States // nil where the machines have only one
	Gone      *Gone   // nil if the newest run has the figure in all its trials, or none of the recent runs has it
}

// Point is the figure of one run.
type Point struct {
	Run     int     // index into History.Runs
	Value   float64 // median over the run's repeats: of the metric, in its own unit, or of its ratio to the reference round by round
	Aligned float64 // Value as it would be in the first state of the machine, see States; else the same
	Version string  // of what was measured: the program's own, or tunbench's commit
	Far     bool    // was measured in the second state

	trials, failed, nothing int // of the run; of them failed, and brought nothing through, in one direction at least
}

// HistoryLevel is a stretch of a series without a change.
type HistoryLevel struct {
	From, To int     // points, To not included
	Median   float64 // of their aligned values
}

// Change is where a series went to another level.
type Change struct {
	At      int             // index of its first point in Series.Points
	Ratio   float64         // of the new level to the old one
	PValue  float64         // see stat.ChangePoints
	Verdict results.Verdict // better or worse; same if it is within the metric's margin
	Host    []Difference    // facts that all hosts of the old level have in one way and all of the new level in another
}

// Gone says that the newest run that could have the figure does not have it, or not in all its trials: the newest with plain trials or, of a
// ratio of two arms, the newest that compares the same.
type Gone struct {
	Scenario bool   // the run has no trial of the scenario at all
	Error    string // of a trial that failed; "" if none did
	Nothing  bool   // the figure was 0: nothing came through
	Before   bool   // that is so in some trials, and was in a run before
	Some, Of int    // so many trials lack the figure, of how many; 0 where all do
}

// Worse says that nothing came through where something did.
func (g *Gone) Worse() bool { return g != nil && g.Nothing && !g.Before }

// errNoRuns says that there is nothing to look at.
var errNoRuns = errors.New("no run has a figure: it takes files of tunbench run, ab or gate")

// NewHistory makes series of files. paths name the files, in the same order; it may be shorter. It takes plain trials, and the ratios of comparisons; files and ratios that
// have no place in a history are in LeftOut. A figure that is 0 has no logarithm and no place in a series; where the newest run has it, see [Gone].
func NewHistory(files []*results.File, paths []string, o HistoryOptions) (*History, error) {
	o.Significance, o.Recent = cmp.Or(o.Significance, 0.01), cmp.Or(o.Recent, 10)
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return files[a].Host.Time.Compare(files[b].Host.Time) })
	h := &History{Options: o}
	c := collector{absolute: o.Absolute, index: map[seriesKey]int{}}
	var taken []*results.File // in the order of h.Runs
	for _, i := range order {
		run := Run{Time: files[i].Host.Time, Host: files[i].Host}
		if i < len(paths) {
			run.Path = paths[i]
		}
		if h.takes(files[i], &run) {
			h.Runs, taken = append(h.Runs, run), append(taken, files[i])
			c.add(len(h.Runs)-1, files[i], run.arms)
		}
	}
	if len(c.series) == 0 {
		return nil, errNoRuns
	}
	for _, s := range c.series {
		s.Gone = h.gone(s, taken)
		if len(s.Points) < LeastRuns {
			h.Short = append(h.Short, s)
			continue
		}
		if err := s.divide(h.Runs, o.Significance); err != nil {
			return nil, fmt.Errorf("history of %s, %s: %w", printable(s.Scenario), s.Metric, err)
		}
		h.Series = append(h.Series, s)
	}
	return h, nil
}

// Hosts are the names of the hosts of the runs, in the order in which they come first.
func (h *History) Hosts() []string {
	var names []string
	for _, r := range h.Runs {
		if !slices.Contains(names, r.Host.Hostname) {
			names = append(names, r.Host.Hostname)
		}
	}
	return names
}

// divide finds the levels of a series.
func (s *Series) divide(runs []Run, significance float64) error {
	s.align()
	logs := make([]float64, len(s.Points))
	for i, p := range s.Points {
		logs[i] = math.Log(p.Aligned)
	}
	changes, err := stat.ChangePoints(logs, significance)
	if err != nil {
		return err
	}
	from := 0
	for _, c := range changes {
		s.Levels = append(s.Levels, s.level(from, c.At))
		from = c.At
	}
	s.Levels = append(s.Levels, s.level(from, len(s.Points)))
	for i, c := range changes {
		before, after := s.Levels[i], s.Levels[i+1]
		change := Change{At: c.At, PValue: c.PValue, Ratio: after.Median / before.Median, Host: s.hostChange(runs, before, after)}
		change.Verdict = verdictOfChange(s.Metric, change.Ratio)
		s.Changes = append(s.Changes, change)
	}
	return nil
}

func (s *Series) level(from, to int) HistoryLevel {
	values := make([]float64, 0, to-from)
	for _, p := range s.Points[from:to] {
		values = append(values, p.Aligned)
	}
	median, _ := stats.Median(values) // a level has values
	return HistoryLevel{from, to, median}
}

// verdictOfChange is same within the metric's margin.
func verdictOfChange(m results.Metric, ratio float64) results.Verdict {
	switch margin := 1 + DefaultMargin(m); {
	case ratio <= margin && ratio >= 1/margin:
		return results.VerdictSame
	case ratio > 1 == m.MoreIsBetter():
		return results.VerdictBetter
	}
	return results.VerdictWorse
}

// hostChange is the facts of the machine, its kernel among them, that changed where the level did and nowhere else in the two levels.
func (s *Series) hostChange(runs []Run, before, after HistoryLevel) []Difference {
	first, second := runs[s.Points[before.To-1].Run].Host, runs[s.Points[after.From].Run].Host
	return slices.DeleteFunc(Unlike(first, second), func(d Difference) bool {
		apart := func(level HistoryLevel, host results.Host) bool {
			return slices.ContainsFunc(s.Points[level.From:level.To], func(p Point) bool {
				return slices.ContainsFunc(Unlike(runs[p.Run].Host, host), func(o Difference) bool { return o.Name == d.Name })
			})
		}
		return apart(before, first) || apart(after, second)
	})
}

// Recently says whether a change lies within the newest runs that count.
func (h *History) Recently(s Series, c Change) bool {
	return s.Points[c.At].Run >= h.recentFrom(s.Arms)
}

// recentFrom is the first of the newest runs that count, among those with comparisons or those with plain trials.
func (h *History) recentFrom(arms bool) int {
	left := h.Options.Recent
	for i, run := range slices.Backward(h.Runs) {
		if arms && run.arms || !arms && run.plain {
			if left--; left == 0 {
				return i
			}
		}
	}
	return 0
}

// Regression is what made the newest level of a series worse within the newest runs that count: the last change if it is for the worse, else all recent changes
// together, of which each may lie within the margin. It is nil if they come to nothing worse.
func (h *History) Regression(s Series) *Change {
	first := slices.IndexFunc(s.Changes, func(c Change) bool { return h.Recently(s, c) })
	if first < 0 {
		return nil
	}
	recent := s.Changes[first:]
	last := recent[len(recent)-1]
	if last.Verdict == results.VerdictWorse {
		return &last
	}
	together := Change{At: recent[0].At, PValue: last.PValue, Ratio: s.Levels[len(s.Levels)-1].Median / s.Levels[first].Median}
	if together.Verdict = verdictOfChange(s.Metric, together.Ratio); together.Verdict != results.VerdictWorse {
		return nil
	}
	for _, c := range recent {
		together.Host = append(together.Host, c.Host...)
	}
	return &together
}

// Verdict is worse if a series that stands on a reference has a [History.Regression], or nothing comes through where something did; it is inconclusive if that holds for
// a figure as it is, if the machine changed at the same run, if the newest run, or a trial of it, lacks a figure that enough runs have, or if no series has enough runs;
// else it is same, whatever became better.
func (h *History) Verdict() results.Verdict {
	verdict := results.VerdictSame
	if len(h.Series) == 0 {
		verdict = results.VerdictInconclusive
	}
	for _, s := range slices.Concat(h.Series, h.Short) {
		switch {
		case s.Gone.Worse():
			return results.VerdictWorse
		case s.Gone != nil && len(s.Points) >= LeastRuns: // what was measured now and then is not missed
			verdict = results.VerdictInconclusive
		}
		change := h.Regression(s)
		if change == nil {
			continue
		}
		if s.Reference != "" && len(change.Host) == 0 {
			return results.VerdictWorse
		}
		verdict = results.VerdictInconclusive
	}
	return verdict
}

// Spread is the median distance of a run from its level, relative to the level. It is 0 for a series without levels.
func (s *Series) Spread() float64 {
	var far []float64
	for _, level := range s.Levels {
		for _, p := range s.Points[level.From:level.To] {
			far = append(far, math.Abs(p.Aligned/level.Median-1))
		}
	}
	median, _ := stats.Median(far) // 0 of none
	if len(far) == 0 {
		return 0
	}
	return median
}

// Thinned is the series in at most n values, oldest first: medians of as many neighbouring runs as it takes.
func (s *Series) Thinned(n int) []float64 {
	per := max((len(s.Points)+n-1)/n, 1)
	var values []float64
	for group := range slices.Chunk(s.Points, per) {
		one := make([]float64, len(group))
		for i, p := range group {
			one[i] = p.Aligned
		}
		median, _ := stats.Median(one) // a chunk has values
		values = append(values, median)
	}
	return values
}

package report

import (
	"math"
	"strconv"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// bursts writes a line per search for the longest burst, and returns the warnings.
func (p page) bursts(f *results.File) (warnings []string) {
	if len(f.Bursts) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(f.Bursts, func(b results.Burst) string { return b.Scenario }))
	p.Section("longest burst without loss (RFC 9004)", s.shared)
	columns, dropped := layout.Tabulate(p.Page, []layout.Group[results.Burst]{{Rows: f.Bursts}}, burstColumns(s))
	p.Explain(layout.Explained(columns, burstNotes()), dropped)
	for _, b := range f.Bursts {
		warnings = append(warnings, s.warn(b.Scenario, "burst", append(failure(b.Error), unlimited(b)...))...)
	}
	return append(warnings, perScenario(f.OfPhase(results.PhaseBurst), wholeName, func(scenario string, trials []results.Trial) []string {
		return s.warn(scenario, "burst", Sentences(analysis.PathWarnings(trials)))
	})...)
}

// burstNotes explain the figures. RFC 9004, section 6 averages over the repetitions, so the corrected figure is one of means too.
func burstNotes() []layout.Note {
	return []layout.Note{
		{Headers: []string{headerLongest}, Text: "longest: mean over n repetitions."},
		{Headers: []string{headerLasting}, Text: "lasting: mean time that these took."},
		{Headers: []string{headerCorrected}, Text: "corrected: of the longest, what the device under test held, without what it forwarded while the burst arrived."},
	}
}

// Headers that the legend explains.
const (
	headerLongest   = "longest\npackets"
	headerLasting   = "lasting\nms"
	headerCorrected = "corrected\npackets"
)

func burstColumns(s subjects) []layout.Column[results.Burst] {
	longest := func(format func(results.PacketRange) string) func(results.Burst) string {
		return func(b results.Burst) string {
			if b.LongestPackets == nil {
				return layout.Absent
			}
			return format(*b.LongestPackets)
		}
	}
	return []layout.Column[results.Burst]{
		{Left: true, Cell: func(b results.Burst) string { return s.titles[b.Scenario] }},
		{Header: headerLongest, Cell: longest(func(r results.PacketRange) string { return rounded(r.Mean) })},
		{Header: "least\npackets", Keep: 2, Cell: longest(func(r results.PacketRange) string { return strconv.FormatInt(r.Min, 10) })},
		{Header: "most\npackets", Keep: 2, Cell: longest(func(r results.PacketRange) string { return strconv.FormatInt(r.Max, 10) })},
		{Header: headerLasting, Keep: 1, Cell: lastingCell},
		{Header: headerCorrected, Cell: func(b results.Burst) string { return cellOf(b.CorrectedPackets, rounded) }},
		{Header: "\nn", Cell: func(b results.Burst) string { return strconv.Itoa(len(b.Repetitions)) }},
	}
}

// rounded writes a number of packets.
func rounded(v float64) string { return whole(math.Round(v)) }

// lastingCell is the mean time that the longest bursts took.
func lastingCell(b results.Burst) string {
	if mean, ok := analysis.MeanDurationS(b); ok {
		return significant(1e3 * mean)
	}
	return layout.Absent
}

// unlimited says that the longest burst was not found, because there was no loss.
func unlimited(b results.Burst) []string {
	if b.LimitPackets == nil {
		return nil
	}
	return []string{"no loss up to " + results.Count(*b.LimitPackets, "packet") + ", where the search stopped"}
}

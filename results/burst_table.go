package results

import (
	"math"
	"strconv"
)

// bursts writes a line per search for the longest burst, and returns the warnings.
func (p *page) bursts(f *File) (warnings []string) {
	if len(f.Bursts) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(f.Bursts, func(b Burst) string { return b.Scenario }))
	p.section("longest burst without loss (RFC 9004)", s.shared)
	columns, dropped := tabulate(p, []group[Burst]{{rows: f.Bursts}}, burstColumns(s))
	p.explain(explained(columns, burstNotes()), dropped)
	for _, b := range f.Bursts {
		warnings = append(warnings, s.warn(b.Scenario, "burst", append(failure(b.Error), unlimited(b)...))...)
	}
	return append(warnings, perScenario(f.OfPhase(PhaseBurst), wholeName, func(scenario string, trials []Trial) []string {
		return s.warn(scenario, "burst", Sentences(PathWarnings(trials)))
	})...)
}

// burstNotes explain the figures. RFC 9004, section 6 averages over the repetitions, so the corrected figure is one of means too.
func burstNotes() []note {
	return []note{
		{[]string{headerLongest}, "longest: mean over n repetitions."},
		{[]string{headerLasting}, "lasting: mean time that these took."},
		{[]string{headerCorrected}, "corrected: of the longest, what the device under test held, without what it forwarded while the burst arrived."},
	}
}

// Headers that the legend explains.
const (
	headerLongest   = "longest\npackets"
	headerLasting   = "lasting\nms"
	headerCorrected = "corrected\npackets"
)

func burstColumns(s subjects) []column[Burst] {
	longest := func(format func(PacketRange) string) func(Burst) string {
		return func(b Burst) string {
			if b.LongestPackets == nil {
				return absent
			}
			return format(*b.LongestPackets)
		}
	}
	return []column[Burst]{
		{left: true, cell: func(b Burst) string { return s.titles[b.Scenario] }},
		{header: headerLongest, cell: longest(func(r PacketRange) string { return rounded(r.Mean) })},
		{header: "least\npackets", keep: 2, cell: longest(func(r PacketRange) string { return strconv.FormatInt(r.Min, 10) })},
		{header: "most\npackets", keep: 2, cell: longest(func(r PacketRange) string { return strconv.FormatInt(r.Max, 10) })},
		{header: headerLasting, keep: 1, cell: lastingCell},
		{header: headerCorrected, cell: func(b Burst) string { return cellOf(b.CorrectedPackets, rounded) }},
		{header: "\nn", cell: func(b Burst) string { return strconv.Itoa(len(b.Repetitions)) }},
	}
}

// rounded writes a number of packets.
func rounded(v float64) string { return whole(math.Round(v)) }

// lastingCell is the mean time that the longest bursts took.
func lastingCell(b Burst) string {
	if mean, ok := MeanDurationS(b); ok {
		return significant(1e3 * mean)
	}
	return absent
}

// unlimited says that the longest burst was not found, because there was no loss.
func unlimited(b Burst) []string {
	if b.LimitPackets == nil {
		return nil
	}
	return []string{"no loss up to " + Count(*b.LimitPackets, "packet") + ", where the search stopped"}
}

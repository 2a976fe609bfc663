package results

import (
	"slices"
	"strconv"

	"github.com/montanaflynn/stats"
)

// bursts writes a line per search for the longest burst, and returns the warnings.
func (p *page) bursts(f *File) (warnings []string) {
	if len(f.Bursts) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(f.Bursts, func(b Burst) string { return b.Scenario }))
	p.section("longest burst without loss (RFC 9004)", s.shared)
	if columns, dropped := tabulate(p, []group[Burst]{{rows: f.Bursts}}, burstColumns(s)); slices.ContainsFunc(columns, isCorrected) {
		p.explain("corrected: what the device under test held, without what it forwarded while the burst arrived.", dropped)
	}
	for _, b := range f.Bursts {
		warnings = append(warnings, s.warn(b.Scenario, "burst", append(failure(b.Error), unlimited(b)...))...)
	}
	return append(warnings, perScenario(f.phase(PhaseBurst), wholeName, func(scenario string, trials []Trial) []string {
		return s.warn(scenario, "burst", checked(trials, pathChecks()))
	})...)
}

const headerCorrected = "corrected\npackets"

func isCorrected(c column[Burst]) bool { return c.header == headerCorrected }

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
		{header: "longest\npackets", cell: longest(func(r PacketRange) string { return whole(r.Median) })},
		{header: "least\npackets", keep: 2, cell: longest(func(r PacketRange) string { return strconv.FormatInt(r.Min, 10) })},
		{header: "most\npackets", keep: 2, cell: longest(func(r PacketRange) string { return strconv.FormatInt(r.Max, 10) })},
		{header: "lasting\nms", keep: 1, cell: lastingCell},
		{header: headerCorrected, cell: func(b Burst) string { return cellOf(b.CorrectedPackets, scaledFine) }},
		{header: "\nn", cell: func(b Burst) string { return strconv.Itoa(len(b.Repetitions)) }},
	}
}

// lastingCell is the median time that the longest bursts took.
func lastingCell(b Burst) string {
	durations := make([]float64, len(b.Repetitions))
	for i, r := range b.Repetitions {
		durations[i] = r.DurationS
	}
	median, err := stats.Median(durations)
	if err != nil {
		return absent // no repetitions
	}
	return significant(1e3 * median)
}

// unlimited says that the longest burst was not found, because there was no loss.
func unlimited(b Burst) []string {
	if b.LimitPackets == nil {
		return nil
	}
	return []string{"no loss up to " + strconv.FormatInt(*b.LimitPackets, 10) + " packets, where the search stopped"}
}

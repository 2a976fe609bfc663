package results

import "strings"

// Headers that the legend explains.
const (
	headerLateP50     = "lateness\np50 µs"
	headerLateP99     = "lateness\np99 µs"
	headerHighOffered = "at 80 %\noffered %"
	headerHighLate    = "at 80 %\nlate p99 µs"
	headerPaused      = "CPU\npaused %"
	headerSink        = "sink\nns/pkt"
)

// calibrationNotes say what a calibration means for the trials beside it.
func calibrationNotes() []note {
	return []note{
		{nil, "What the tester does on the same path without a device under test. A load above the highest offered shows the tester's limit, not " +
			"that of a device under test; latencies near the floor are the instrument's own."},
		{[]string{headerLateP50, headerLateP99, headerHighLate}, "lateness: how long after its intended time a packet left, a part of every latency."},
		{[]string{headerHighOffered, headerHighLate}, "at 80 %: under four fifths of the highest load, with the share of it that was offered."},
		{[]string{headerPaused}, "CPU paused: share of the time that the generator's idle CPU stood still for more than 2 µs, in interrupts or the " +
			"hypervisor: so many packets are late whoever sends them."},
		{[]string{headerMachine}, "machine ns/pkt: CPU time of the whole machine per packet at the highest load."},
		{[]string{headerSink}, "sink ns/pkt: CPU time of the sink per packet at the highest load."},
	}
}

// calibrations writes a line per path that was calibrated, and returns the warnings.
func (p *page) calibrations(records []Calibration) (warnings []string) {
	if len(records) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(records, func(c Calibration) string { return c.Scenario }))
	p.section("calibration of the tester", s.shared)
	columns, dropped := tabulate(p, []group[Calibration]{{rows: records}}, calibrationColumns(s))
	if len(columns) > 1 {
		p.explain(explained(columns, calibrationNotes()), dropped)
	}
	for _, c := range records {
		warnings = append(warnings, s.warn(c.Scenario, "calibration", append(failure(c.Error), plainAll(c.Notes)...))...)
	}
	return warnings
}

func calibrationColumns(s subjects) []column[Calibration] {
	floor := func(of func(*Distribution) int64) func(Calibration) string {
		return func(c Calibration) string { return microsOf(c.LatencyNs, of) }
	}
	lateness := func(of func(*Distribution) int64) func(Calibration) string {
		return func(c Calibration) string { return microsOf(c.LatenessNs, of) }
	}
	return []column[Calibration]{
		{left: true, cell: func(c Calibration) string { return pathOf(c, s) }},
		{header: "highest\noffered pps", cell: func(c Calibration) string { return cellOf(c.MaxOfferedPps, scaled) }},
		{header: "floor\np50 µs", cell: floor(p50)},
		{header: "floor\np99 µs", keep: 4, cell: floor(p99)},
		{header: headerLateP50, keep: 2, cell: lateness(p50)},
		{header: headerLateP99, keep: 3, cell: lateness(p99)},
		{header: headerHighOffered, keep: 3, cell: func(c Calibration) string { return cellOf(offeredRatio(c.HighLoad), percent) }},
		{header: headerHighLate, keep: 2, cell: func(c Calibration) string {
			if c.HighLoad == nil {
				return absent
			}
			return microsOf(c.HighLoad.LatenessNs, p99)
		}},
		{header: headerPaused, keep: 2, cell: func(c Calibration) string { return cellOf(c.PausedRatio, percent) }},
		{header: headerMachine, keep: 1, cell: func(c Calibration) string { return cellOf(c.MachineNsPerPacket, significant) }},
		{header: headerSink, keep: 1, cell: func(c Calibration) string { return cellOf(c.SinkNsPerPacket, significant) }},
	}
}

// pathOf names the path: what tells it from the others, and if only the kind of its devices does, that.
func pathOf(c Calibration, s subjects) string {
	pairs := SettingsOf(c.Scenario)
	kind := "dev=" + ValueOf(pairs, "dev")
	if ValueOf(pairs, "dev") == "" {
		kind = dutKey + "=" + ValueOf(pairs, dutKey)
	}
	title := s.titles[c.Scenario]
	if strings.Contains(title, kind) {
		return title
	}
	return plain(strings.TrimSpace(kind + " " + title))
}

// offeredRatio is the share of the intended load that was offered; nil where none was intended.
func offeredRatio(h *HighLoad) *float64 {
	if h == nil || h.IntendedPps == 0 {
		return nil
	}
	return new(h.OfferedPps / h.IntendedPps)
}

package report

import (
	"strings"

	"tunbench/results"
	"tunbench/results/report/layout"
)

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
func calibrationNotes() []layout.Note {
	return []layout.Note{
		{Text: "What the tester does on the same path without a device under test. A load above the highest offered shows the tester's limit, not " +
			"that of a device under test; latencies near the floor are the instrument's own."},
		{Headers: []string{headerLateP50, headerLateP99, headerHighLate}, Text: "lateness: how long after its intended time a packet left, a part of every latency."},
		{Headers: []string{headerHighOffered, headerHighLate}, Text: "at 80 %: under four fifths of the highest load, with the share of it that was offered."},
		{Headers: []string{headerPaused}, Text: "CPU paused: share of the time that the generator's idle CPU stood still for more than 2 µs, in interrupts or the " +
			"hypervisor: so many packets are late whoever sends them."},
		{Headers: []string{headerMachine}, Text: "machine ns/pkt: CPU time of the whole machine per packet at the highest load."},
		{Headers: []string{headerSink}, Text: "sink ns/pkt: CPU time of the sink per packet at the highest load."},
	}
}

// calibrations writes a line per path that was calibrated, and returns the warnings.
func (p page) calibrations(records []results.Calibration) (warnings []string) {
	if len(records) == 0 {
		return nil
	}
	s := nameSubjects(scenariosOf(records, func(c results.Calibration) string { return c.Scenario }))
	p.Section("calibration of the tester", s.shared)
	columns, dropped := layout.Tabulate(p.Page, []layout.Group[results.Calibration]{{Rows: records}}, calibrationColumns(s))
	if len(columns) > 1 {
		p.Explain(layout.Explained(columns, calibrationNotes()), dropped)
	}
	for _, c := range records {
		warnings = append(warnings, s.warn(c.Scenario, "calibration", append(failure(c.Error), plainAll(c.Notes)...))...)
	}
	return warnings
}

func calibrationColumns(s subjects) []layout.Column[results.Calibration] {
	floor := func(of func(*results.Distribution) int64) func(results.Calibration) string {
		return func(c results.Calibration) string { return microsOf(c.LatencyNs, of) }
	}
	lateness := func(of func(*results.Distribution) int64) func(results.Calibration) string {
		return func(c results.Calibration) string { return microsOf(c.LatenessNs, of) }
	}
	return []layout.Column[results.Calibration]{
		{Left: true, Cell: func(c results.Calibration) string { return pathOf(c, s) }},
		{Header: "highest\noffered pps", Cell: func(c results.Calibration) string { return cellOf(c.MaxOfferedPps, scaled) }},
		{Header: "floor\np50 µs", Cell: floor(p50)},
		{Header: "floor\np99 µs", Keep: 4, Cell: floor(p99)},
		{Header: headerLateP50, Keep: 2, Cell: lateness(p50)},
		{Header: headerLateP99, Keep: 3, Cell: lateness(p99)},
		{Header: headerHighOffered, Keep: 3, Cell: func(c results.Calibration) string { return cellOf(offeredRatio(c.HighLoad), percent) }},
		{Header: headerHighLate, Keep: 2, Cell: func(c results.Calibration) string {
			if c.HighLoad == nil {
				return layout.Absent
			}
			return microsOf(c.HighLoad.LatenessNs, p99)
		}},
		{Header: headerPaused, Keep: 2, Cell: func(c results.Calibration) string { return cellOf(c.PausedRatio, percent) }},
		{Header: headerMachine, Keep: 1, Cell: func(c results.Calibration) string { return cellOf(c.MachineNsPerPacket, significant) }},
		{Header: headerSink, Keep: 1, Cell: func(c results.Calibration) string { return cellOf(c.SinkNsPerPacket, significant) }},
	}
}

// pathOf names the path: what tells it from the others, and if only the kind of its devices does, that.
func pathOf(c results.Calibration, s subjects) string {
	pairs := results.SettingsOf(c.Scenario)
	kind := "dev=" + results.ValueOf(pairs, "dev")
	if results.ValueOf(pairs, "dev") == "" {
		kind = dutKey + "=" + results.ValueOf(pairs, dutKey)
	}
	title := s.titles[c.Scenario]
	if strings.Contains(title, kind) {
		return title
	}
	return plain(strings.TrimSpace(kind + " " + title))
}

// offeredRatio is the share of the intended load that was offered; nil where none was intended.
func offeredRatio(h *results.HighLoad) *float64 {
	if h == nil || h.IntendedPps == 0 {
		return nil
	}
	return new(h.OfferedPps / h.IntendedPps)
}

package page

import (
	"fmt"

	"tunbench/results"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// bursts shows the longest bursts without loss, every repetition as a dot.
func (b *builder) bursts() error {
	s := section{ID: "bursts", Title: "Longest burst without loss"}
	f := figure{
		Title: "Packets back to back before the first loss", Note: "A dot is a repetition, the line their median (RFC 9004).",
		Table: table{Head: numbers("", "n", "mean", "median", "least", "greatest", "corrected")},
	}
	strip := chart.Strip{Name: "packets", Format: report.Scaled}
	for i, file := range b.files {
		var scenarios []string
		for _, burst := range file.Bursts {
			scenarios = append(scenarios, burst.Scenario)
		}
		titles := report.Titles(scenarios)
		for _, burst := range file.Bursts {
			label := titles[burst.Scenario]
			if n := b.number(i); n != "" {
				label = withSpace(label, "· file "+n)
			}
			if len(file.Bursts) == 1 && !b.several() {
				s.Facts = append(s.Facts, "scenario: "+report.Plain(burst.Scenario))
			}
			if burst.LongestPackets == nil {
				s.Words = append(s.Words, prefix(label)+"nothing was found")
				continue
			}
			r := chart.StripRow{Label: label, Key: label, Series: i, Median: burst.LongestPackets.Median}
			for _, repetition := range burst.Repetitions {
				r.Values = append(r.Values, float64(repetition.Packets))
			}
			r.Tip = fmt.Sprintf("%s\nmedian %s packets of %s", label, report.Scaled(r.Median), results.Count(len(r.Values), "repetition"))
			strip.Rows = append(strip.Rows, r)
			l := burst.LongestPackets
			f.Table.Rows = append(f.Table.Rows, tableRow{label, []cell{
				{Text: label},
				count(int64(len(r.Values))), figureCell(l.Mean, report.Scaled(l.Mean)), figureCell(l.Median, report.Scaled(l.Median)), count(l.Min), count(l.Max),
				optional(burst.CorrectedPackets, report.Scaled),
			}})
		}
	}
	if len(strip.Rows) > 0 {
		strip.Rows = shownRows(strip.Rows, &f.Note)
		f.Note += axisNote(strip.FromZero(), strip.Log())
		drawn, err := b.chart(f, stripLabel(stripMetric{axis: "packets", format: report.Scaled}, strip.Rows), func(width float64) chart.Drawing {
			d, _ := strip.Draw(width)
			return d
		})
		if err != nil {
			return err
		}
		s.Figures = append(s.Figures, drawn)
	}
	b.add(s)
	return nil
}

// calibrations shows what the tester itself can do.
func (b *builder) calibrations() error {
	s := section{ID: "calibration", Title: "The tester itself", Notes: []string{
		"Measured on the same path without a device under test. A load above the highest offered shows the tester's limit; latencies near the floor are the instrument's own.",
	}}
	for i, file := range b.files {
		f := figure{
			Title: withSpace("Calibration", fileWord(b.number(i))), Open: true,
			Table: table{Head: numbers("path", "highest offered pps", "floor p50 µs", "floor p99 µs", "lateness p99 µs", "CPU paused %", "machine ns/packet", "sink ns/packet")},
		}
		var scenarios []string
		for _, c := range file.Calibrations {
			scenarios = append(scenarios, c.Scenario)
		}
		titles := report.Titles(scenarios)
		micros := func(d *results.Distribution, of func(*results.Distribution) int64) cell {
			if d == nil {
				return cell{Text: "–"}
			}
			return figureCell(float64(of(d)), report.Micros(float64(of(d))))
		}
		p50, p99 := func(d *results.Distribution) int64 { return d.P50 }, func(d *results.Distribution) int64 { return d.P99 }
		for _, c := range file.Calibrations {
			f.Table.Rows = append(f.Table.Rows, tableRow{c.Scenario, []cell{
				{Text: titles[c.Scenario]},
				optional(c.MaxOfferedPps, report.Scaled), micros(c.LatencyNs, p50), micros(c.LatencyNs, p99), micros(c.LatenessNs, p99),
				optional(c.PausedRatio, report.Percent), optional(c.MachineNsPerPacket, report.Significant), optional(c.SinkNsPerPacket, report.Significant),
			}})
		}
		if len(f.Table.Rows) > 0 {
			s.Figures = append(s.Figures, b.named(f))
		}
	}
	b.add(s)
	return nil
}

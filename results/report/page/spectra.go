package page

import (
	"fmt"
	"math"
	"strings"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// mostSeries is how many lines a plot holds that the eye can tell apart.
const mostSeries = 8

// spectra adds the percentiles of the latencies, the lines of one load in one plot.
func (b *builder) spectra(s *section, lines []line) error {
	byFile := make([]map[analysis.Repeats]analysis.Spectrum, len(b.files))
	for i, f := range b.files {
		spectra, err := analysis.Spectra(plainTrials(f))
		if err != nil {
			return err
		}
		byFile[i] = map[analysis.Repeats]analysis.Spectrum{}
		for _, one := range spectra {
			byFile[i][one.Repeats] = one
		}
	}
	var together []line
	plots, left := 0, 0
	flush := func() error {
		defer func() { together = nil }()
		for len(together) > 0 {
			n := min(len(together), mostSeries)
			if plots == mostPlots {
				left += len(together)
				return nil
			}
			if err := b.spectrum(s, together[:n], byFile); err != nil {
				return err
			}
			plots++
			together = together[n:]
		}
		return nil
	}
	apart := grouped(lines)
	for _, l := range lines {
		if _, has := byFile[l.file][l.Repeats()]; !has {
			continue
		}
		if len(together) > 0 && together[0].load != l.load && apart {
			if err := flush(); err != nil {
				return err
			}
		}
		together = append(together, l)
	}
	if err := flush(); err != nil {
		return err
	}
	if left > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("Latency by percentile has the first %d plots; %s more of the table are left out.", mostPlots, results.Count(left, "row")))
	}
	return nil
}

// mostPlots is how many plots of one kind a section has.
const mostPlots = 12

// grouped says whether several lines share a load.
func grouped(lines []line) bool {
	for _, l := range lines {
		if l.heading != "" {
			return true
		}
	}
	return false
}

// spectrum adds one plot.
func (b *builder) spectrum(s *section, lines []line, byFile []map[analysis.Repeats]analysis.Spectrum) error {
	xy := chart.XY{
		XName: "percentile of the packets", YName: "µs", XFormat: report.Significant, YFormat: report.Micros, Height: 260,
		XTicks: []chart.Tick{{At: 0, Label: "0"}, {At: nines(0.5), Label: "50"}, {At: 1, Label: "90"}, {At: 2, Label: "99"}, {At: 3, Label: "99.9"}, {At: 4, Label: "99.99"}},
		X:      chart.Scale{Low: 0, High: 4},
	}
	title := "Latency by percentile"
	if lines[0].load != "" && grouped(append([]line{}, lines...)) || lines[0].load != "" && lines[0].label != "" {
		title += ": " + lines[0].load
	}
	f := figure{Title: title, Table: table{Head: numbers("", "packets", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "p99.99 µs")}}
	var all []float64
	var words []string
	for i, l := range lines {
		spectrum := byFile[l.file][l.Repeats()]
		series := chart.Series{Label: l.rowLabel(), Key: l.key(), Number: i, Joined: true, Small: true}
		if l.Arm != "" {
			series.Number = l.series // an arm has one color in all charts
		}
		row := tableRow{l.key(), []cell{{Text: l.title()}, count(spectrum.Packets)}}
		for _, q := range spectrum.Quantiles {
			p := chart.Point{X: nines(q.Share), Y: float64(q.Ns)}
			if named(q.Share) {
				p.Tip = fmt.Sprintf("%s\np%s: %s µs", l.title(), strings.TrimSuffix(fmt.Sprintf("%.4g", 100*q.Share), ".0"), report.Micros(float64(q.Ns)))
				row.Cells = append(row.Cells, figureCell(float64(q.Ns), report.Micros(float64(q.Ns))))
			}
			series.Points = append(series.Points, p)
			all = append(all, float64(q.Ns))
		}
		for len(row.Cells) < len(f.Table.Head) {
			row.Cells = append(row.Cells, cell{Text: "–"})
		}
		xy.Series = append(xy.Series, series)
		f.Table.Rows = append(f.Table.Rows, row)
		words = append(words, fmt.Sprintf("%s: median %s µs, %s µs at the end", series.Label, row.Cells[2].Text, lastOf(spectrum)))
	}
	xy.Y = chart.FitLog(all)
	f.Note = "All trials together, one way from the intended send time; the percentiles have a logarithmic axis too: each step is a tenth of the packets left."
	if byFile[lines[0].file][lines[0].Repeats()].RoundTrip {
		f.Note = strings.Replace(f.Note, "one way from the intended send time", "there and back", 1)
	}
	f, err := b.chart(f, "Lines of latency in µs by percentile. "+strings.Join(words, "; ")+".", xy.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

func lastOf(s analysis.Spectrum) string {
	return report.Micros(float64(s.Quantiles[len(s.Quantiles)-1].Ns))
}

// nines is how many nines a share has: 0.99 has two.
func nines(share float64) float64 { return -math.Log10(1 - share) }

// named says whether a percentile stands in tables.
func named(share float64) bool {
	for _, s := range []float64{0.5, 0.9, 0.99, 0.999, 0.9999} {
		if share == s {
			return true
		}
	}
	return false
}

// ledgers adds where packets went, from those intended to those received.
func (b *builder) ledgers(s *section, lines []line) error {
	f := figure{Title: "Where the packets went", Table: table{Head: numbers("", "intended")}}
	var places []results.Place
	var having []line
	for _, l := range lines {
		shares := analysis.LedgerShares(l.Ledger)
		if len(shares) == 0 {
			continue
		}
		having = append(having, l)
		for _, share := range shares {
			places = addPlace(places, share.Place)
		}
	}
	if len(having) == 0 {
		return nil
	}
	places = results.InOrder(places)
	stack := chart.Stack{Name: "% of the packets intended", Format: func(v float64) string { return report.Significant(100 * v) }, Whole: 1}
	for i, p := range places {
		stack.Parts = append(stack.Parts, chart.Part{Label: placeWords(p), Class: placeClass(p, i)})
		f.Table.Head = append(f.Table.Head, column{placeWords(p), true})
	}
	heading := ""
	for _, l := range having {
		heading = nextHeading(heading, l)
		row := chart.StackRow{Label: l.rowLabel(), Heading: heading, Key: l.key(), Sizes: make([]float64, len(places)), Tips: make([]string, len(places))}
		heading = ""
		cells := []cell{{Text: l.title()}, count(l.Ledger.Packets(results.PlaceIntended))}
		shares := analysis.LedgerShares(l.Ledger)
		for i, p := range places {
			packets := l.Ledger.Packets(p)
			for _, share := range shares {
				if share.Place == p {
					row.Sizes[i] = share.Share
					packets = share.Packets
				}
			}
			row.Tips[i] = fmt.Sprintf("%s\n%s: %d packets, %s %%", l.title(), placeWords(p), packets, report.Percent(row.Sizes[i]))
			if p == results.PlaceSink {
				row.Value = report.Percent(row.Sizes[i]) + " %"
			}
			cells = append(cells, count(packets))
		}
		stack.Rows = append(stack.Rows, row)
		f.Table.Rows = append(f.Table.Rows, tableRow{l.key(), cells})
	}
	f.Note = "All trials together; behind each bar the share that was received."
	stack.Rows = shownRows(stack.Rows, &f.Note)
	f, err := b.chart(f, "Bars from intended to received. Received: "+stackWords(stack.Rows), stack.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// nextHeading keeps a heading whose first line is not shown for the next one.
func nextHeading(heading string, l line) string {
	if l.heading != "" {
		return l.heading
	}
	return heading
}

func addPlace(places []results.Place, p results.Place) []results.Place {
	for _, known := range places {
		if known == p {
			return places
		}
	}
	return append(places, p)
}

// stackWords says the ends of some rows.
func stackWords(rows []chart.StackRow) string {
	const named = 6
	var parts []string
	for i, r := range rows {
		if i == named {
			parts = append(parts, fmt.Sprintf("and %d more, in the table", len(rows)-named))
			break
		}
		parts = append(parts, strings.TrimSpace(r.Heading+" "+r.Label)+" "+r.Value)
	}
	return strings.Join(parts, "; ") + "."
}

// placeWords is a place of the ledger without underscores.
func placeWords(p results.Place) string {
	if p == results.PlaceSink {
		return "received"
	}
	return report.Plain(strings.ReplaceAll(string(p), "_", " "))
}

// placeClass is the color of a place.
func placeClass(p results.Place, i int) string {
	switch p {
	case results.PlaceSink:
		return "p0"
	case results.PlaceUnaccounted:
		return "p9"
	}
	return fmt.Sprintf("p%d", i%8+1)
}

package page

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// WriteHistory writes a page of result files over time: the changes, then a chart of each series, those that changed first. Nothing is written unless the whole page could
// be made.
func WriteHistory(w io.Writer, h *analysis.History) error {
	b := &builder{svg: chart.NewWriter()}
	b.doc.Title, b.doc.Verdict = "tunbench: history", report.HistorySentence(h)
	b.doc.Files = []fileLine{{Host: report.HistoryHead(h)}}
	b.doc.Warnings = report.HistoryWarnings(h)
	b.changes(h)
	if err := b.allSeries(h); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if len(b.doc.Sections) == 0 {
		b.doc.Empty = fmt.Sprintf("No series has %d runs or more.", analysis.LeastRuns)
	}
	var out bytes.Buffer
	if err := execute(&out, b.doc); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// changes is a table of all changes.
func (b *builder) changes(h *analysis.History) {
	names := report.HistoryNames(h)
	f := figure{Title: "Changes of level", Open: true, Table: table{Head: []column{
		{"series", false}, {"from run", true}, {"of", false}, {"version", false}, {"change", true}, {"p", true}, {"verdict", false}, {"the machine changed too", false},
	}}}
	for _, s := range h.Series {
		for _, c := range s.Changes {
			run := s.Points[c.At].Run
			f.Table.Rows = append(f.Table.Rows, tableRow{names(s), []cell{
				textCell(names(s)), count(int64(run + 1)), textCell(report.Day(h.Runs[run].Time)), textCell(report.VersionsOf(s, c)),
				figureCell(c.Ratio, report.RatioInWords(c.Ratio)), figureCell(c.PValue, report.Probability(c.PValue)), textCell(string(c.Verdict)), textCell(report.MachineOf(c)),
			}})
		}
	}
	if len(f.Table.Rows) > 0 {
		b.add(section{ID: "changes", Title: "Changes", Figures: []figure{b.named(f)}, Notes: []string{report.ChangeLegend}})
	}
}

// allSeries is a chart for each series.
func (b *builder) allSeries(h *analysis.History) error {
	all := slices.Clone(h.Series)
	slices.SortStableFunc(all, func(x, y analysis.Series) int { return min(len(y.Changes), 1) - min(len(x.Changes), 1) })
	s := section{ID: "series", Title: "Series"}
	names := report.HistoryNames(h)
	var note string
	for _, one := range shownRows(all, &note) {
		f, err := b.overRuns(h, one, names(one))
		if err != nil {
			return err
		}
		s.Figures = append(s.Figures, f)
	}
	if note != "" {
		s.Notes = append(s.Notes, fmt.Sprintf("Charts of the first %d of %d series; tunbench history --json has all.", mostRows, len(all)))
	}
	b.add(s)
	return nil
}

// overRuns draws one series: a point for each run, a line for each level, a mark where it changed.
func (b *builder) overRuns(h *analysis.History, s analysis.Series, name string) (figure, error) {
	format := report.HistoryFormat(s)
	f := figure{
		Title: name, Note: capital(report.HistoryReference(s)) + ".",
		Table: table{Head: []column{{"run", true}, {"of", false}, {"version", false}, {"figure", true}, {"level", true}}},
	}
	runs := chart.Series{Number: 0, Small: true}
	xy := chart.XY{XName: "run, oldest first", YName: report.Label(s.Metric), XFormat: report.Significant, YFormat: format, Height: 150}
	if s.Reference != "" {
		xy.YName += ", ratio"
	}
	var values []float64
	for _, level := range s.Levels {
		line := chart.Series{Number: 1, Joined: true, Small: true}
		for i := level.From; i < level.To; i++ {
			p := s.Points[i]
			at := float64(p.Run + 1)
			day, version := report.Day(h.Runs[p.Run].Time), report.ShortVersion(p.Version)
			runs.Points = append(runs.Points, chart.Point{X: at, Y: p.Aligned, Tip: fmt.Sprintf("run %d, %s, %s: %s", p.Run+1, day, version, format(p.Aligned))})
			values = append(values, p.Aligned)
			if i == level.From || i == level.To-1 {
				line.Points = append(line.Points, chart.Point{X: at, Y: level.Median})
			}
			f.Table.Rows = append(f.Table.Rows, tableRow{"", []cell{
				count(int64(p.Run + 1)), textCell(day), textCell(version), figureCell(p.Aligned, format(p.Aligned)), figureCell(level.Median, format(level.Median)),
			}})
		}
		xy.Series = append(xy.Series, line)
	}
	xy.Series = append([]chart.Series{runs}, xy.Series...)
	for _, c := range s.Changes {
		xy.Lines = append(xy.Lines, chart.Reference{X: float64(s.Points[c.At].Run) + 0.5, Label: report.RatioInWords(c.Ratio), Class: verdictClass(c.Verdict)})
	}
	xy.X, xy.Y = chart.Scale{Low: 1, High: float64(max(len(h.Runs), 2))}, chart.Fit(values)
	f.Note += axisNote(xy.Y.FromZero(), xy.Y.Log)
	last := s.Levels[len(s.Levels)-1].Median
	return b.chart(f, fmt.Sprintf("%s in %s, from %s to %s.", results.Count(len(s.Changes), "change"), results.Count(len(s.Points), "run"), format(s.Levels[0].Median), format(last)), xy.Draw)
}

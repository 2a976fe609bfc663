package page

import (
	"fmt"

	"tunbench/results/analysis"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// cpu adds where the CPU time of a packet went.
func (b *builder) cpu(s *section, lines []line) error {
	names := []string{"program, user mode", "program, kernel", "program", "end A of the tunnel", "end B of the tunnel", "sender, receiver and the rest"}
	stack := chart.Stack{Name: "ns of CPU time per packet forwarded", Format: report.Significant}
	used := make([]bool, len(names))
	f := figure{Title: "CPU time per packet", Table: table{Head: numbers("", "machine ns", "program ns", "of it user", "of it kernel", "of it end A", "of it end B", "rest ns")}}
	heading := ""
	for _, l := range lines {
		heading = nextHeading(heading, l)
		parts, ok := analysis.CPUPartsOf(l.Summary)
		if !ok {
			continue
		}
		sizes := []float64{parts.ProgramUser, parts.ProgramSystem, parts.Program, parts.EndA, parts.EndB, parts.Rest}
		row := chart.StackRow{
			Label: l.rowLabel(), Heading: heading, Key: l.key(), Sizes: sizes,
			Value: report.Significant(parts.Machine()), Tips: make([]string, len(sizes)),
		}
		heading = ""
		for i, size := range sizes {
			used[i] = used[i] || size > 0
			row.Tips[i] = fmt.Sprintf("%s\n%s: %s ns per packet", l.title(), names[i], report.Significant(size))
		}
		stack.Rows = append(stack.Rows, row)
		program := parts.Program + parts.ProgramUser + parts.ProgramSystem + parts.EndA + parts.EndB
		f.Table.Rows = append(f.Table.Rows, tableRow{l.key(), []cell{
			{Text: l.title()},
			figureCell(parts.Machine(), report.Significant(parts.Machine())), positive(program), positive(parts.ProgramUser),
			positive(parts.ProgramSystem), positive(parts.EndA), positive(parts.EndB), positive(parts.Rest),
		}})
	}
	if len(stack.Rows) == 0 {
		return nil
	}
	classes := []string{"p1", "p2", "p5", "p3", "p4", "p0"}
	keep := func(values []float64) (kept []float64) {
		for i, v := range values {
			if used[i] {
				kept = append(kept, v)
			}
		}
		return kept
	}
	for i, name := range names {
		if used[i] {
			stack.Parts = append(stack.Parts, chart.Part{Label: name, Class: classes[i]})
		}
	}
	for i, r := range stack.Rows {
		var tips []string
		for j, tip := range r.Tips {
			if used[j] {
				tips = append(tips, tip)
			}
		}
		stack.Rows[i].Sizes, stack.Rows[i].Tips = keep(r.Sizes), tips
	}
	f.Note = "Medians. What TUN and TAP deliver is received in the program's own time: the part of the program holds the receiving stack."
	stack.Rows = shownRows(stack.Rows, &f.Note)
	f, err := b.chart(f, "Bars of CPU time, ns per packet on the whole machine: "+stackWords(stack.Rows), stack.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// positive is a figure that is absent where it is zero.
func positive(v float64) cell {
	if v == 0 {
		return cell{Text: "–"}
	}
	return figureCell(v, report.Significant(v))
}

// queues adds how evenly queues were loaded, and what was reordered, where there are several queues.
func (b *builder) queues(s *section, lines []line) error {
	shares := make([]map[analysis.Repeats]analysis.QueueShares, len(b.files))
	for i, f := range b.files {
		shares[i] = map[analysis.Repeats]analysis.QueueShares{}
		for _, q := range analysis.QueuesOf(plainTrials(f)) {
			shares[i][q.Repeats] = q
		}
	}
	return b.queueChart(s, lines, func(l line) (analysis.QueueShares, bool) {
		q, ok := shares[l.file][l.Repeats()]
		return q, ok
	})
}

// queueChart adds the chart of the queues of some lines.
func (b *builder) queueChart(s *section, lines []line, queuesOf func(line) (analysis.QueueShares, bool)) error {
	stack := chart.Stack{Name: "% of the packets", Format: func(v float64) string { return report.Significant(100 * v) }, Whole: 1}
	f := figure{Title: "Balance of the queues", Table: table{Head: numbers("", "queues", "least loaded %", "most loaded %", "reordered packets")}}
	most := 0
	heading := ""
	for _, l := range lines {
		heading = nextHeading(heading, l)
		q, ok := queuesOf(l)
		if !ok {
			continue
		}
		balance := q.Balance()
		most = max(most, len(balance))
		row := chart.StackRow{Label: l.rowLabel(), Heading: heading, Key: l.key(), Sizes: balance}
		heading = ""
		least, greatest := balance[0], balance[0]
		for i, share := range balance {
			least, greatest = min(least, share), max(greatest, share)
			row.Tips = append(row.Tips, fmt.Sprintf("%s\nqueue %d: %d packets, %s %%", l.title(), i, q.Packets[i], report.Percent(share)))
		}
		reordered := cell{Text: "–"}
		if q.Reordered != nil {
			reordered = count(*q.Reordered)
			row.Value = fmt.Sprintf("%d reordered", *q.Reordered)
			if *q.Reordered == 0 {
				row.Value = "in order"
			}
		}
		stack.Rows = append(stack.Rows, row)
		f.Table.Rows = append(f.Table.Rows, tableRow{l.key(), []cell{
			{Text: l.title()}, count(int64(len(balance))), figureCell(least, report.Percent(least)), figureCell(greatest, report.Percent(greatest)), reordered,
		}})
	}
	if len(stack.Rows) == 0 {
		return nil
	}
	for i := range most {
		stack.Parts = append(stack.Parts, chart.Part{Label: fmt.Sprintf("queue %d", i), Class: fmt.Sprintf("p%d", i%8+1)})
	}
	if most > mostNamedQueues {
		stack.Parts = stack.Parts[:0]
		for i := range most {
			stack.Parts = append(stack.Parts, chart.Part{Class: fmt.Sprintf("p%d", i%8+1)})
		}
	}
	f.Note = "Both directions of all trials together."
	stack.Rows = shownRows(stack.Rows, &f.Note)
	f, err := b.chart(f, "Bars divided among the queues: "+stackWords(stack.Rows), stack.Draw)
	s.Figures = append(s.Figures, f)
	return err
}

// mostNamedQueues is how many queues have a name above their chart; of more their order tells.
const mostNamedQueues = 16

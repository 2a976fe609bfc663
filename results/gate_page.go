package results

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// gates writes the verdict of each gate, and what it rests on.
func (p *page) gates(gates []Gate) {
	for _, g := range gates {
		p.blank()
		p.paragraph([]string{"gate: " + plain(g.Headline)}, "", text.Bold)
		for _, reason := range g.Reasons {
			indent := reason[:len(reason)-len(strings.TrimLeft(reason, " "))]
			p.paragraph([]string{indent + plain(reason)}, indent+gap, text.Reset)
		}
	}
}

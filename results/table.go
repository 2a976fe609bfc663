package results

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// gap separates columns.
const gap = "  "

// Table renders a result file for a terminal: what all scenarios have in common, a line per scenario with medians and their spread over the
// repeats, grouped by load so that devices under test stand below one another, and warnings. It ends in a newline.
func Table(f *File, o Options) (string, error) {
	summaries, err := Summarize(f.Trials)
	if err != nil {
		return "", err
	}
	groups, n := arrange(summaries)
	var b strings.Builder
	paragraph := func(lines []string, indent string, color text.Color) {
		for _, line := range lines {
			b.WriteString(o.paint(o.wrap(line, indent), color) + "\n")
		}
	}
	paragraph([]string{fingerprint(f.Host)}, "", text.Bold)
	paragraph(common(summaries, n), gap, text.Faint)
	if len(summaries) > 0 {
		columns, dropped := chooseColumns(groups, o.Width)
		b.WriteString("\n" + renderGroups(groups, columns, o) + "\n")
		paragraph(legend(groups, columns, dropped), "", text.Faint)
	} else {
		b.WriteString("no trials\n")
	}
	paragraph(prefixed("warning: ", warnings(f, groups)), gap, text.FgYellow)
	return b.String(), nil
}

package fleet

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table prints rows under a head, columns two spaces apart; what is empty is a dash, but in the last column.
func table(w io.Writer, head []string, fill func(row func(cells ...any))) error {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, strings.Join(head, "\t"))
	fill(func(cells ...any) {
		texts := make([]string, len(cells))
		for i, c := range cells {
			if texts[i] = fmt.Sprint(c); texts[i] == "" && i < len(cells)-1 {
				texts[i] = "–"
			}
		}
		fmt.Fprintln(out, strings.Join(texts, "\t"))
	})
	if err := out.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

package gate

import (
	"fmt"
	"strings"

	"tunbench/results/report"
)

// Markdown is the report for a pull request, as GitHub shows Markdown. The verdict is its first line.
func (r Report) Markdown() (string, error) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("**tunbench gate: %s**\n", report.EscapeMarkdown(r.Headline()))
	line("Baseline: %s. Candidate: %s.\n", report.EscapeMarkdown(r.Baseline), report.EscapeMarkdown(r.Candidate))
	table, err := r.markdownTable()
	if err != nil {
		return "", err
	}
	b.WriteString(table)
	for _, w := range r.warnings() {
		line("- warning: %s", report.EscapeMarkdown(w))
	}
	line("\n%s\n", report.EscapeMarkdown(report.Fingerprint(r.Host)))
	line("Each figure is the median of its trials; the change and its %.4g %% interval are those of the rounds' ratios. "+
		"What is worse in a first series is measured again, and fails if it is worse once more.\n", 100*r.Confidence)
	line("<details><summary>How to repeat it</summary>\n")
	line("    tunbench %s\n", repeat(r.repeatable()))
	for _, name := range r.names() {
		line("    %s", name)
	}
	line("\n</details>")
	return b.String(), nil
}

// markdownTable has a row for each metric of each scenario.
func (r Report) markdownTable() (string, error) {
	var b strings.Builder
	b.WriteString("| scenario | metric | baseline | candidate | change | interval | verdict |\n|:--|:--|--:|--:|--:|--:|:--|\n")
	titles := r.titles()
	for i, s := range r.Scenarios {
		rows, err := s.rows()
		if err != nil {
			return "", err
		}
		for _, row := range rows {
			cells := []string{titles[i], report.Label(row.First.Metric), row.baseline, row.candidate, row.change, row.interval}
			for i := range cells {
				cells[i] = report.EscapeMarkdown(cells[i])
			}
			fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(cells, " | "), emphasized(row.Finding))
		}
	}
	return b.String() + "\n", nil
}

// emphasized is the verdict, bold where it fails the gate.
func emphasized(f Finding) string {
	if f.Required && f.Outcome == Worse {
		return "**" + f.verdict() + "**"
	}
	return f.verdict()
}

// repeatable are the words that measure the same again.
func (r Report) repeatable() []string {
	if r.Repeat != nil {
		return r.Repeat
	}
	return r.Host.Args
}

// repeat is a command line to be pasted into a shell.
func repeat(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = quote(arg)
	}
	return strings.Join(quoted, " ")
}

// quote keeps a shell from reading anything into a word.
func quote(word string) string {
	harmless := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-=.,:/@%+", r)
	}
	if word != "" && strings.TrimFunc(word, harmless) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(strings.ReplaceAll(word, "'", `'\''`), "\n", " ") + "'"
}

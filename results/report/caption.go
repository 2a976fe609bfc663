package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report/layout"
)

// Fingerprint shows a host record in one line: the time, the machine and the version of tunbench.
func Fingerprint(h results.Host) string {
	parts := []string{h.Time.UTC().Format(time.DateTime) + " UTC", h.Hostname}
	if h.Kernel != "" {
		parts = append(parts, "Linux "+h.Kernel)
	}
	parts = append(parts, h.CPUModel)
	if h.Cores > 0 {
		parts = append(parts, results.Count(h.Cores, "CPU"))
	}
	if h.Virtualization != "none" {
		parts = append(parts, h.Virtualization)
	}
	if h.Emulated {
		parts = append(parts, "emulated")
	}
	parts = append(parts, strings.TrimSpace("tunbench "+h.Version))
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return plain(strings.Join(parts, " · "))
}

// common is what the rows need not repeat; of a single row it is the whole name, to paste back.
func common(scenarios []string, n names) []string {
	if len(scenarios) == 1 {
		return []string{"scenario: " + plain(scenarios[0])}
	}
	var lines []string
	if len(n.everywhere) > 0 {
		lines = append(lines, "every row: "+plain(joinPairs(n.everywhere)))
	}
	if len(n.elsewhere) > 0 {
		lines = append(lines, "where it applies: "+plain(joinPairs(n.elsewhere)))
	}
	return lines
}

// legend explains the figures that are shown.
func legend(rows []row, columns []layout.Column[row]) string {
	text := repeats(rows)
	for _, c := range columns {
		switch c.Header {
		case headerP50:
			text += " " + latencyMeaning(rows)
		case headerDUT:
			text += " DUT ns/pkt: CPU time of the device under test's process per packet forwarded."
		case headerEndA:
			text += " end A, end B: of it, the tunnel's end that packets enter and the one that they leave."
		case headerAdded:
			text += " added B/pkt: bytes of IP packets on the physical link beyond the packet itself."
		case headerMachine:
			text += " machine ns/pkt: CPU time of the whole machine per packet forwarded, generator and sink included."
		}
	}
	return text
}

// repeats says how many trials stand behind a figure and what their spread is.
func repeats(rows []row) string {
	const spreads = "; ± is half the range from least to largest, in percent of the median."
	switch {
	case !sameCount(rows):
		return "Medians of n trials" + spreads
	case rows[0].Used == 1:
		return "Single trials: no spread."
	}
	return "Medians of " + results.Count(rows[0].Used, "trial") + spreads
}

// latencyMeaning says from where to where the latency is measured.
func latencyMeaning(rows []row) string {
	const oneWay = "one-way latency from the intended send time"
	switch {
	case layout.All(rows, row.isRoundTrip):
		return "µs: round trip."
	case slices.ContainsFunc(rows, row.isRoundTrip):
		return "µs: " + oneWay + ", or round trip where it says so."
	}
	return "µs: " + oneWay + "."
}

// kernelDrops says, for every row whose trials have them, what the kernel dropped in its own words, over all trials used.
func kernelDrops(trials []results.Trial, groups []layout.Group[row]) []string {
	trials = slices.DeleteFunc(slices.Clone(trials), func(t results.Trial) bool { return len(t.DropReasons) == 0 })
	if len(trials) == 0 {
		return nil
	}
	var lines []string
	for _, r := range layout.AllRows(groups) {
		var words []string
		for _, d := range analysis.KernelDrops(trials, r.Scenario, r.Arm) {
			words = append(words, plain(fmt.Sprintf("%d %s in %s", d.Packets, d.Reason, d.Namespace)))
		}
		if len(words) > 0 {
			lines = append(lines, "dropped in the kernel, "+r.title()+": "+strings.Join(words, ", "))
		}
	}
	return lines
}

package page

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/report"
)

// hosts shows the machine, what about it distorts, and the command that repeats the run.
func (b *builder) hosts() error {
	s := section{ID: "host", Title: "Host and command"}
	f := figure{Title: "Settings of the host", Open: true, Table: table{Class: "host", Head: []column{{Name: "setting"}}}}
	for i := range b.files {
		f.Table.Head = append(f.Table.Head, column{Name: strings.TrimSpace("value " + fileWord(b.number(i)))})
	}
	for i, file := range b.files {
		s.Words = append(s.Words, withNumber(b.number(i), "to repeat the run: "+command(file.Host.Args)))
	}
	var names []string
	values := make([]map[string]string, len(b.files))
	distorts := make([]map[string]bool, len(b.files))
	distorted := false
	for i, file := range b.files {
		values[i], distorts[i] = map[string]string{}, map[string]bool{}
		for _, fact := range hostFacts(file.Host) {
			values[i][fact.name] = fact.value
			if !slices.Contains(names, fact.name) {
				names = append(names, fact.name)
			}
		}
		for _, d := range analysis.Distortions(file.Host) {
			distorts[i][distortedFact(d)], distorted = true, true
		}
	}
	for _, name := range names {
		row := tableRow{Cells: []cell{{Text: name}}}
		for i := range b.files {
			value := values[i][name]
			if value == "" {
				value = "–"
			}
			c := textCell(value)
			if distorts[i][name] {
				c.Class += " bad"
			}
			row.Cells = append(row.Cells, c)
		}
		f.Table.Rows = append(f.Table.Rows, row)
	}
	if distorted {
		f.Note = "In red: what distorts a measurement, or may."
	}
	s.Figures = append(s.Figures, b.named(f))
	b.add(s)
	return nil
}

// fact is one setting of a host.
type fact struct{ name, value string }

func hostFacts(h results.Host) []fact {
	facts := []fact{
		{"measured", h.Time.UTC().Format(time.DateTime) + " UTC"},
		{"host", h.Hostname},
		{"tunbench", strings.TrimSpace(h.Version + " " + h.Commit)},
		{"kernel", h.Kernel},
		{"CPU", h.CPUModel},
		{"CPUs", whole(h.Cores)},
		{"CPUs allowed", h.CPUsAllowed},
		{"virtualization", h.Virtualization},
		{"emulated", yes(h.Emulated)},
		{"memory", bytesWords(h.MemoryBytes)},
		{"clocksource", h.Clocksource},
		{"mitigations", h.Mitigations},
		{"Go", h.GoVersion},
	}
	for _, name := range slices.Sorted(maps.Keys(h.Sysctls)) {
		facts = append(facts, fact{name, h.Sysctls[name]})
	}
	for i := range facts {
		facts[i].name, facts[i].value = report.Plain(facts[i].name), report.Plain(facts[i].value)
	}
	return slices.DeleteFunc(facts, func(f fact) bool { return f.value == "" })
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return ""
}

func bytesWords(n uint64) string {
	if n == 0 {
		return ""
	}
	return report.Significant(float64(n)/(1<<30)) + " GiB"
}

// distortedFact is the setting that a distortion stands beside.
func distortedFact(d analysis.Distortion) string {
	return map[analysis.Distortion]string{
		analysis.DistortEmulated: "emulated", analysis.DistortVirtual: "virtualization", analysis.DistortFewCPUs: "CPUs",
		analysis.DistortConfined: "CPUs allowed", analysis.DistortClocksource: "clocksource",
	}[d]
}

// hostWarnings says what about the hosts distorts.
func (b *builder) hostWarnings() (warnings []string) {
	for i, file := range b.files {
		for _, d := range analysis.Distortions(file.Host) {
			text := distortionWords(d, file.Host)
			if everywhere := !slices.ContainsFunc(b.files, func(f *results.File) bool { return !slices.Contains(allDistortions(f.Host), text) }); !everywhere {
				text = withNumber(b.number(i), text)
			}
			if !slices.Contains(warnings, text) {
				warnings = append(warnings, text)
			}
		}
	}
	return warnings
}

// allDistortions are those of a host in words.
func allDistortions(h results.Host) (words []string) {
	for _, d := range analysis.Distortions(h) {
		words = append(words, distortionWords(d, h))
	}
	return words
}

func distortionWords(d analysis.Distortion, h results.Host) string {
	switch d {
	case analysis.DistortEmulated:
		return "the CPU is emulated: no figure tells how fast anything is"
	case analysis.DistortVirtual:
		return "the host is a virtual machine (" + report.Plain(h.Virtualization) + "): its hypervisor may take CPUs away and move them; ratios measured in turns hold, absolute figures less so"
	case analysis.DistortFewCPUs:
		return "the host has " + results.Count(h.Cores, "CPU") + ": sender, program and receiver share them"
	case analysis.DistortConfined:
		return "the run could use CPUs " + report.Plain(h.CPUsAllowed) + " of " + strconv.Itoa(h.Cores) + " only"
	}
	return "the clocksource is " + report.Plain(h.Clocksource) + ": reading the time is slow, which latencies and rates pay for"
}

// command is the words of a run, fit to be pasted into a shell.
func command(args []string) string {
	safe := regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)
	words := []string{"tunbench"}
	for _, arg := range args {
		if !safe.MatchString(arg) {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

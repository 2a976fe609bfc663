package gate

import (
	"fmt"
	"slices"
	"strings"

	"tunbench/results"
	"tunbench/results/report"
)

// Report is all that the gate found.
type Report struct {
	Host                results.Host
	Baseline, Candidate string // the programs, in words
	Confidence          float64
	Scenarios           []Scenario
	Unmeasured          []results.Metric // that the thresholds require by name, and no scenario has
	Notes               []string         // what else a reader must know
	Repeat              []string         // the words that measure the same again; nil: those of Host.Args
}

// Scenario is what was found in one scenario.
type Scenario struct {
	Name     string
	Series   []Series // one, or two where the first found something worse
	Findings []Finding
}

// Failures are the trials that ended a series, each in a few lines.
func (s Scenario) Failures() []string {
	var failures []string
	for _, series := range s.Series {
		if series.Failure != "" {
			failures = append(failures, report.Brief(series.Failure))
		}
	}
	return failures
}

// candidateFailed says whether a trial of the candidate failed and none of the baseline did: a series ends with the first that fails.
func (s Scenario) candidateFailed() bool {
	return slices.ContainsFunc(s.Series, func(one Series) bool { return one.Failure != "" && one.FailedArm == results.ArmB })
}

// required counts the metrics that the gate depends on.
func (s Scenario) required() (n int) {
	for _, f := range s.Findings {
		if f.Required {
			n++
		}
	}
	return n
}

// Count is how many required metrics of all scenarios have one of the outcomes.
func (r Report) Count(outcomes ...Outcome) (n int) {
	for _, s := range r.Scenarios {
		for _, f := range s.Findings {
			if f.Required && slices.Contains(outcomes, f.Outcome) {
				n++
			}
		}
	}
	return n
}

// Verdict is worse if a required metric is; failed if the candidate fails where the baseline does not; inconclusive if a required metric
// is, if a trial of the baseline failed, or if a scenario has nothing to decide by; else passed.
func (r Report) Verdict() results.GateVerdict {
	undecided := len(r.Scenarios) == 0 || len(r.Unmeasured) > 0 || r.Count(Inconclusive) > 0
	broken := false
	for _, s := range r.Scenarios {
		undecided = undecided || len(s.Failures()) > 0 || s.required() == 0
		broken = broken || s.candidateFailed()
	}
	switch {
	case r.Count(Worse) > 0:
		return results.GateWorse
	case broken:
		return results.GateFailed
	case undecided:
		return results.GateInconclusive
	}
	return results.GatePassed
}

// Headline is the verdict in a sentence.
func (r Report) Headline() string {
	all := 0
	for _, s := range r.Scenarios {
		all += s.required()
	}
	of := fmt.Sprintf("of %d required figures in %s", all, scenariosText(len(r.Scenarios)))
	switch r.Verdict() {
	case results.GateWorse:
		return "failed: " + strings.Join(append([]string{r.worse(of)}, r.broken()...), "; ")
	case results.GateFailed:
		return "failed: " + strings.Join(append(r.broken(), fmt.Sprintf("none %s is shown to be worse", of)), "; ")
	case results.GateInconclusive:
		return fmt.Sprintf("inconclusive: none %s is shown to be worse, %s", of, strings.Join(r.open(), ", "))
	}
	return fmt.Sprintf("passed: none %s is worse", of)
}

// worse says how many required figures are, and by what.
func (r Report) worse(of string) string {
	nothing := slices.ContainsFunc(r.Scenarios, func(s Scenario) bool {
		return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Required && f.Outcome == Worse && f.First.NothingRounds > 0 })
	})
	if nothing {
		return fmt.Sprintf("worse: %d %s; the candidate brought nothing through where the baseline did", r.Count(Worse), of)
	}
	return fmt.Sprintf("worse in two series: %d %s", r.Count(Worse), of)
}

// broken says in how many scenarios the candidate failed, nothing if in none.
func (r Report) broken() []string {
	n := 0
	for _, s := range r.Scenarios {
		if s.candidateFailed() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{"the candidate fails where the baseline does not, in " + scenariosText(n)}
}

// open says what is left undecided.
func (r Report) open() []string {
	failed, empty := 0, 0
	for _, s := range r.Scenarios {
		if len(s.Failures()) > 0 {
			failed++
		} else if s.required() == 0 {
			empty++
		}
	}
	var parts []string
	if n := r.Count(Inconclusive); n > 0 {
		parts = append(parts, fmt.Sprintf("%d undecided", n))
	}
	if failed > 0 {
		parts = append(parts, "a trial of the baseline failed in "+scenariosText(failed))
	}
	if empty > 0 {
		parts = append(parts, "nothing required in "+scenariosText(empty))
	}
	if n := len(r.Unmeasured); n > 0 {
		parts = append(parts, fmt.Sprintf("%d required by the thresholds and measured nowhere", n))
	}
	return parts
}

// without are those of the metrics that no scenario has.
func (r Report) without(metrics []results.Metric) []results.Metric {
	return slices.DeleteFunc(metrics, func(m results.Metric) bool {
		return slices.ContainsFunc(r.Scenarios, func(s Scenario) bool {
			return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.First.Metric == m })
		})
	})
}

func scenariosText(n int) string {
	if n == 1 {
		return "1 scenario"
	}
	return fmt.Sprintf("%d scenarios", n)
}

// warnings says what is odd, scenario by scenario.
func (r Report) warnings() []string {
	warnings := slices.Clone(r.Notes)
	for _, m := range r.Unmeasured {
		warnings = append(warnings, fmt.Sprintf("%s is required by the thresholds, and no scenario has it", m))
	}
	titles := r.titles()
	for i, s := range r.Scenarios {
		for j, series := range s.Series {
			head := titles[i] + ": "
			if j > 0 {
				head = titles[i] + ", once more: "
			}
			for _, w := range report.SeriesSentences(series.Comparisons, series.Trials) {
				warnings = append(warnings, head+w)
			}
			if series.Failure != "" {
				warnings = append(warnings, head+report.Brief(series.Failure))
			}
		}
	}
	return warnings
}

// titles names each scenario by what sets it off from the others.
func (r Report) titles() []string {
	titles, _ := report.ScenarioTitles(r.names())
	if len(titles) == 1 {
		return []string{"the scenario"}
	}
	return titles
}

func (r Report) names() []string {
	names := make([]string, len(r.Scenarios))
	for i, s := range r.Scenarios {
		names[i] = s.Name
	}
	return names
}

// Record is the report as a result file keeps it.
func (r Report) Record() results.Gate {
	lines := r.Lines()
	record := results.Gate{Verdict: r.Verdict(), Headline: r.Headline(), Reasons: lines[1:], Baseline: r.Baseline, Candidate: r.Candidate}
	for _, s := range r.Scenarios {
		for _, f := range s.Findings {
			record.Findings = append(record.Findings, results.GateFinding{Scenario: s.Name, Metric: f.First.Metric, Required: f.Required, Outcome: string(f.Outcome)})
		}
	}
	return record
}

package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tunbench/results"
)

// measuring answers with the series of a script and notes what was asked.
type measuring struct {
	script []Series
	asked  []string
	err    error // after the script
}

func (m *measuring) measure(_ context.Context, scenario int, label string) (Series, error) {
	number := len(m.asked)
	m.asked = append(m.asked, fmt.Sprintf("%d/%d %s", scenario, number, label))
	if number >= len(m.script) {
		return Series{}, m.err
	}
	return m.script[number], nil
}

// TestRun: what is measured, in which order, and what it comes to.
func TestRun(t *testing.T) {
	same, worse, unsure := forwarded(results.VerdictSame), forwarded(results.VerdictWorse), forwarded(results.VerdictInconclusive)
	tail := seriesOf(map[results.Metric]results.Verdict{results.MetricForwarded: results.VerdictSame, results.MetricMachineCost: results.VerdictWorse})
	baselineFailed := Series{Failure: "arm A: a trial failed", FailedArm: results.ArmA}
	failed := Series{Failure: "arm B: a trial failed", FailedArm: results.ArmB}
	nothing := seriesOf(map[results.Metric]results.Verdict{results.MetricForwarded: results.VerdictWorse})
	nothing.Comparisons[0].NothingRounds = 4
	unmeasured := seriesOf(map[results.Metric]results.Verdict{results.MetricForwarded: results.VerdictInconclusive})
	unmeasured.Comparisons[0].Rounds, unmeasured.Comparisons[0].UnmeasuredRounds, unmeasured.Comparisons[0].Confidence = 0, 12, 0
	dearer := seriesOf(map[results.Metric]results.Verdict{results.MetricForwarded: results.VerdictSame, results.MetricDUTCost: results.VerdictWorse})
	dead := seriesOf(map[results.Metric]results.Verdict{results.MetricForwarded: results.VerdictWorse, results.MetricDUTCost: results.VerdictInconclusive})
	for i := range dead.Comparisons {
		if c := &dead.Comparisons[i]; c.Metric == results.MetricForwarded {
			c.NothingRounds = 4
		}
	}
	once := []string{"0/0 scenario 1 of 2", "1/1 scenario 2 of 2"}
	for name, test := range map[string]struct {
		script []Series
		asked  []string
		want   results.GateVerdict
	}{
		"nothing is worse":               {[]Series{same, same}, once, results.GatePassed},
		"worse, and again":               {[]Series{worse, same, worse}, append(once, "0/2 scenario 1 of 2 once more"), results.GateWorse},
		"worse, and not again":           {[]Series{same, worse, same}, append(once, "1/2 scenario 2 of 2 once more"), results.GatePassed},
		"worse, and perhaps again":       {[]Series{same, worse, unsure}, append(once, "1/2 scenario 2 of 2 once more"), results.GateInconclusive},
		"worse, and A fails":             {[]Series{same, worse, baselineFailed}, append(once, "1/2 scenario 2 of 2 once more"), results.GateInconclusive},
		"worse, and B fails":             {[]Series{same, worse, failed}, append(once, "1/2 scenario 2 of 2 once more"), results.GateFailed},
		"both worse, one again":          {[]Series{worse, worse, same, worse}, append(once, "0/2 scenario 1 of 2 once more", "1/3 scenario 2 of 2 once more"), results.GateWorse},
		"undecided":                      {[]Series{unsure, same}, once, results.GateInconclusive},
		"worse in what is reported only": {[]Series{tail, same}, once, results.GatePassed},
		"A fails, and the next":          {[]Series{baselineFailed, same}, once, results.GateInconclusive},
		"B fails, and the next":          {[]Series{failed, same}, once, results.GateFailed},
		"A fails, and elsewhere B":       {[]Series{baselineFailed, failed}, once, results.GateFailed},
		"B fails, and elsewhere worse":   {[]Series{failed, worse, worse}, append(once, "1/2 scenario 2 of 2 once more"), results.GateWorse},
		"nothing through":                {[]Series{nothing, same}, once, results.GateWorse},
		"nothing through, then worse":    {[]Series{nothing, worse, same}, append(once, "1/2 scenario 2 of 2 once more"), results.GateWorse},
		"worse, then nothing through":    {[]Series{worse, same, nothing}, append(once, "0/2 scenario 1 of 2 once more"), results.GateWorse},
		"dearer, then nothing through":   {[]Series{dearer, same, dead}, append(once, "0/2 scenario 1 of 2 once more"), results.GateWorse},
		"no round has a ratio":           {[]Series{unmeasured, same}, once, results.GateInconclusive},
		"worse, then without a ratio":    {[]Series{worse, same, unmeasured}, append(once, "0/2 scenario 1 of 2 once more"), results.GateInconclusive},
		"no figures":                     {[]Series{{}, same}, once, results.GateInconclusive},
		"no figures anywhere":            {[]Series{{}, {}}, once, results.GateInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			m := measuring{script: test.script}
			r, err := Gate{Scenarios: []string{small, paced}, Thresholds: DefaultThresholds(), Measure: m.measure}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.asked, test.asked) {
				t.Errorf("measured %q, want %q", m.asked, test.asked)
			}
			if r.Verdict() != test.want {
				t.Errorf("%s: %s, want %s", r.Headline(), r.Verdict(), test.want)
			}
			record := r.Record()
			if record.Verdict != test.want || record.Headline != r.Headline() || (record.Verdict == results.GatePassed) != strings.HasPrefix(record.Headline, "passed") {
				t.Errorf("%s recorded as %+v", r.Headline(), record)
			}
		})
	}
}

func TestRunEndsWithAnError(t *testing.T) {
	broken := errors.New("no space left")
	for _, script := range [][]Series{nil, {forwarded(results.VerdictWorse)}} {
		m := measuring{script: script, err: broken}
		r, err := Gate{Scenarios: []string{small}, Thresholds: DefaultThresholds(), Measure: m.measure}.Run(t.Context())
		if !errors.Is(err, broken) || len(r.Scenarios) != len(script) {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestRequiredByNameMustBeMeasured: or a word in the scenarios would lift a threshold in silence.
func TestRequiredByNameMustBeMeasured(t *testing.T) {
	thresholds, err := ParseThresholds("gate.yaml", []byte("metrics: {round_trip_ns.p50: {margin: 5%}, forwarded_pps: {margin: 3%}, latency_ns.p99: {margin: 9%}}"))
	if err != nil {
		t.Fatal(err)
	}
	m := measuring{script: []Series{forwarded(results.VerdictSame)}}
	r, err := Gate{Scenarios: []string{small}, Thresholds: thresholds, Measure: m.measure}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Unmeasured, []results.Metric{results.RoundTrip("p50")}) || r.Verdict() != results.GateInconclusive {
		t.Errorf("unmeasured %v, %s", r.Unmeasured, r.Verdict())
	}
	if lines := strings.Join(r.Lines(), "\n"); !strings.Contains(lines, "measured nowhere: round_trip_ns.p50") {
		t.Errorf("no word of it:\n%s", lines)
	}
}

func TestSelfTest(t *testing.T) {
	same, worse := forwarded(results.VerdictSame), forwarded(results.VerdictWorse)
	report := func(series ...Series) Report {
		return reportOf(DefaultThresholds(), Scenario{Name: small, Series: series})
	}
	green, red, open := report(same), report(worse, worse), report(forwarded(results.VerdictInconclusive))
	broken := report(Series{Failure: "arm A"})
	for name, test := range map[string]struct {
		alike     Report
		slowed    []Report
		want      bool
		undecided bool
	}{
		"as it must be":               {green, []Report{red}, true, false},
		"undecided is green":          {open, []Report{red}, true, false},
		"not confirmed too":           {report(worse, same), []Report{red}, true, false},
		"it cannot pass":              {red, []Report{red}, false, false},
		"it cannot fail":              {green, []Report{green}, false, false},
		"not sure to fail":            {green, []Report{report(worse, same)}, false, false},
		"a trial failed":              {broken, []Report{red}, false, false},
		"a slowed trial failed":       {green, []Report{broken}, false, false},
		"nothing is measured":         {Report{}, nil, false, false},
		"undecided once":              {green, []Report{open}, false, true},
		"a larger one is found":       {green, []Report{open, red}, true, false},
		"nor is a larger one":         {green, []Report{open, open}, false, true},
		"a larger one passes instead": {green, []Report{open, green}, false, false},
	} {
		s := SelfTest{Alike: test.alike}
		for i, r := range test.slowed {
			s.Slowed = append(s.Slowed, Slowed{Handicap: 0.2 * float64(i+1), Report: r})
		}
		if s.Passed() != test.want || s.Undecided() != test.undecided {
			t.Errorf("%s: passed %v, undecided %v", name, s.Passed(), s.Undecided())
		}
		lines := s.Lines()
		wrong := strings.Contains(strings.Join(lines, ""), "WRONG")
		if len(lines) != 1+len(test.slowed) || wrong == test.want && len(test.slowed) > 0 {
			t.Errorf("%s: says %q", name, lines)
		}
	}
}

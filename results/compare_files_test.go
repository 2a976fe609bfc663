package results

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// forwarding is plain trials of a scenario with one figure each.
func forwarding(scenario string, pps ...float64) []Trial {
	trials := make([]Trial, len(pps))
	for i, v := range pps {
		trials[i] = Trial{Scenario: scenario, Round: i, Start: sampleStart, Traffic: Traffic{ForwardedPps: &v}}
	}
	return trials
}

// losing is plain trials of which nothing but the loss is known.
func losing(ratios ...float64) []Trial {
	trials := forwarding(smallPackets, ratios...)
	for i := range trials {
		trials[i].LossRatio, trials[i].ForwardedPps = trials[i].ForwardedPps, nil
	}
	return trials
}

func fileOfTrials(trials ...[]Trial) *File {
	f := fileOf(sampleHost(), End{Status: Completed})
	for _, some := range trials {
		f.Trials = append(f.Trials, some...)
	}
	return f
}

// around is n values about a centre, none like another, within a share of it.
func around(centre, share float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = centre * (1 + share*(2*float64(i)/float64(n-1)-1))
	}
	return values
}

func TestCompareFilesVerdicts(t *testing.T) {
	six := func(v float64) []float64 { return []float64{v, v, v, v, v, v} }
	pps := func(centre, share float64, n int) []Trial {
		return forwarding(smallPackets, around(centre, share, n)...)
	}
	loss := func(centre float64) []Trial { return losing(around(centre, 0.01, 6)...) }
	still := func(v float64) []Trial { return forwarding(smallPackets, six(v)...) }
	for name, test := range map[string]struct {
		before, after []Trial
		want          Verdict
	}{
		"fewer packets":                    {pps(100, 0.01, 6), pps(90, 0.01, 6), VerdictWorse},
		"more packets":                     {pps(100, 0.01, 6), pps(110, 0.01, 6), VerdictBetter},
		"more loss":                        {loss(0.1), loss(0.2), VerdictWorse},
		"less loss":                        {loss(0.2), loss(0.1), VerdictBetter},
		"the same trials":                  {pps(100, 0.01, 6), pps(100, 0.01, 6), VerdictSame},
		"too wide for sameness":            {pps(100, 0.04, 6), pps(100, 0.04, 6), VerdictInconclusive},
		"far apart, but five":              {pps(100, 0.01, 5), pps(200, 0.01, 6), VerdictInconclusive},
		"single trials":                    {forwarding(smallPackets, 100), forwarding(smallPackets, 100), VerdictInconclusive},
		"no variance, no change":           {still(100), still(100), VerdictSame},
		"no variance, a change":            {still(100), still(99), VerdictWorse},
		"loss from nothing":                {losing(six(0)...), loss(0.1), VerdictWorse},
		"loss to nothing":                  {loss(0.1), losing(six(0)...), VerdictBetter},
		"never any loss":                   {losing(six(0)...), losing(six(0)...), VerdictSame},
		"a loss that comes and goes":       {losing(0, 0, 0, 0, 0.1, 0.2), losing(0, 0, 0, 0.1, 0.2, 0.3), VerdictInconclusive},
		"nothing forwarded in either":      {still(0), still(0), VerdictInconclusive},
		"nothing forwarded any more":       {still(100), still(0), VerdictWorse},
		"nothing any more, in one trial":   {forwarding(smallPackets, 100), forwarding(smallPackets, 0), VerdictWorse},
		"nothing now and then":             {pps(100, 0.01, 60), append(pps(100, 0.01, 59), forwarding(smallPackets, 0)...), VerdictWorse},
		"something at last":                {still(0), still(100), VerdictBetter},
		"figures that cannot be, negative": {pps(-100, 0.01, 6), pps(-100, 0.01, 6), VerdictInconclusive},
		"a ratio beyond all numbers":       {still(5e-324), still(1e308), VerdictInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := CompareFiles(fileOfTrials(test.before), fileOfTrials(test.after), 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Rows) != 1 || c.Rows[0].Verdict != test.want || c.Verdict() != test.want {
				t.Errorf("rows %+v, in all %s; want %s", c.Rows, c.Verdict(), test.want)
			}
			if _, err := Encode(c.Rows[0]); err != nil {
				t.Error(err)
			}
			if table := FilesTable(c, Options{}); strings.Contains(table, "NaN") || strings.Contains(table, "Inf") {
				t.Errorf("figures that are none:\n%s", table)
			}
		})
	}
}

// TestCompareFilesRatio: an old median of zero has no ratio, and an old interval that reaches zero has no bounds.
func TestCompareFilesRatio(t *testing.T) {
	for name, test := range map[string]struct {
		before, after    []float64
		ratio, low, high *float64
	}{
		"half":            {[]float64{90, 92, 98, 102, 104, 110}, []float64{40, 41, 49, 51, 53, 55}, new(0.5), new(40.0 / 110), new(55.0 / 90)},
		"to nothing":      {[]float64{1, 1, 1, 1, 1, 2}, []float64{0, 0, 0, 0, 0, 0}, new(0.0), new(0.0), new(0.0)},
		"from nothing":    {[]float64{0, 0, 0, 0, 0, 0}, []float64{1, 1, 1, 1, 1, 2}, nil, nil, nil},
		"perhaps nothing": {[]float64{0, 1, 1, 1, 1, 1}, []float64{2, 2, 2, 2, 2, 2}, new(2.0), nil, nil},
		"too few":         {[]float64{1, 1}, []float64{3}, new(3.0), nil, nil},
	} {
		before, after := forwarding(smallPackets, test.before...), forwarding(smallPackets, test.after...)
		c, err := CompareFiles(fileOfTrials(before), fileOfTrials(after), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		u := c.Rows[0]
		if diff := cmp.Diff([]*float64{test.ratio, test.low, test.high}, []*float64{u.Ratio, u.Low, u.High}, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestCompareFilesLeavesOut: what is no plain trial, or has no figures, is not compared.
func TestCompareFilesLeavesOut(t *testing.T) {
	good := forwarding(smallPackets, around(100, 0.01, 7)...)
	spoilt := forwarding(smallPackets, 1, 2, 3, 4, 5, 6)
	spoilt[0].Error, spoilt[1].Interrupted, spoilt[2].Arm = "ended", true, ArmA
	spoilt[3].Phase, spoilt[4].Phase, spoilt[5].ForwardedPps = PhaseSearch, PhaseInterval, nil
	before := fileOfTrials(good, spoilt[:1], forwarding(largePackets, 1)) // a failure in the old file too, which excuses that of the new one
	c, err := CompareFiles(before, fileOfTrials(spoilt, good, forwarding("dut=veth", 1)), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Rows) != 1 || c.Rows[0].New.N != len(good) || c.Rows[0].Verdict != VerdictSame {
		t.Errorf("rows %+v", c.Rows)
	}
	if diff := cmp.Diff([][]string{{largePackets}, {"dut=veth"}}, [][]string{c.OnlyOld, c.OnlyNew}); diff != "" {
		t.Errorf("without a counterpart (-want +got):\n%s", diff)
	}
	warnings := strings.Join(FilesWarnings(c), "\n")
	for _, want := range []string{"new: the scenario: 1 of 10 trials failed: ended", "1 of 10 trials interrupted", "new: 3 trials of arms", "tunbench ab"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("%q is missing from\n%s", want, warnings)
		}
	}
}

func TestCompareFilesHasNothing(t *testing.T) {
	arm := forwarding(smallPackets, 1)
	arm[0].Arm = ArmA
	plain, other := forwarding(smallPackets, 1), forwarding(largePackets, 1)
	for name, test := range map[string]struct {
		before, after []Trial
		says          []string
	}{
		"nothing in common": {plain, other, []string{smallPackets, largePackets}},
		"an empty file":     {nil, plain, []string{"old file has no trials"}},
		"arms only":         {plain, arm, []string{"new file has no plain trials", "1 are of arms"}},
	} {
		_, err := CompareFiles(fileOfTrials(test.before), fileOfTrials(test.after), 0.05)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range test.says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is missing from %q", name, want, err)
			}
		}
	}
}

// TestCompareFilesAllFailed: a scenario in common of which nothing is left decides nothing, and says so.
func TestCompareFilesAllFailed(t *testing.T) {
	failed := forwarding(smallPackets, 1, 2)
	failed[0].Error, failed[1].Error = "ended", "ended"
	c, err := CompareFiles(fileOfTrials(forwarding(smallPackets, 1, 2)), fileOfTrials(failed), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	if c.Verdict() != VerdictInconclusive || len(c.Rows) != 0 || !strings.Contains(FilesTable(c, Options{}), "2 of 2 trials failed") {
		t.Errorf("%s of\n%s", c.Verdict(), FilesTable(c, Options{}))
	}
}

// TestCompareFilesTooFew: six trials are enough for one row; of many rows each needs a smaller p than six trials can give.
func TestCompareFilesTooFew(t *testing.T) {
	scenarios := func(n, trials int, centre float64) *File {
		f := fileOfTrials()
		for i := range n {
			f.Trials = append(f.Trials, forwarding(smallPackets+"/txqlen="+whole(float64(i)), around(centre, 0.01, trials)...)...)
		}
		return f
	}
	for name, test := range map[string]struct {
		scenarios, trials int
		want              Verdict
		says              string
	}{
		"one row of six":   {1, 6, VerdictWorse, ""},
		"one row of five":  {1, 5, VerdictInconclusive, "too few trials in 1 of 1 rows: it takes at least 6"},
		"many rows of six": {24, 6, VerdictInconclusive, "too few trials to show a difference in 24 of 24 rows: it takes at least 7"},
		"and of seven":     {24, 7, VerdictWorse, ""},
	} {
		c, err := CompareFiles(scenarios(test.scenarios, test.trials, 100), scenarios(test.scenarios, test.trials, 50), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(FilesWarnings(c), "\n")
		if c.Verdict() != test.want || !strings.Contains(said, test.says) || test.says == "" && strings.Contains(said, "too few") {
			t.Errorf("%s: %s, want %s; says %s", name, c.Verdict(), test.want, said)
		}
	}
}

// comparedRuns is a new version that is a fifth slower, on another kernel.
func comparedRuns(t testing.TB) *FileComparison {
	before, after := noisyRun(t, 1, 8, 1), noisyRun(t, 2, 8, 1.2)
	after.Host.Version, after.Host.Kernel = "v0.2.0", "6.19.0"
	before.Add(Trial{Scenario: "dut=veth/load=max/size=64", Start: sampleStart})
	after.Trials[0].Error = "forwarder ended"
	c, err := CompareFiles(before, after, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompareFilesTable(t *testing.T) {
	c := comparedRuns(t)
	golden(t, "compare-files.txt", FilesTable(c, Options{}))
	golden(t, "compare-files-80.txt", FilesTable(c, Options{Width: 80}))
	golden(t, "compare-files.md", FilesTable(c, Options{Markdown: true}))
	single, err := CompareFiles(fileOfTrials(forwarding(smallPackets, 100)), fileOfTrials(forwarding(smallPackets, 90)), 0.05)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "compare-files-single.txt", FilesTable(single, Options{}))
}

func TestUnpairedRecords(t *testing.T) {
	var lines strings.Builder
	for _, u := range comparedRuns(t).Rows {
		line, err := Encode(u)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(line)
	}
	golden(t, "compare-files.jsonl", lines.String())
}

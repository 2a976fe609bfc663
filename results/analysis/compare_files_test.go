package analysis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func TestCompareFilesVerdicts(t *testing.T) {
	six := func(v float64) []float64 { return []float64{v, v, v, v, v, v} }
	pps := func(centre, share float64, n int) []results.Trial {
		return fixture.Forwarding(fixture.SmallPackets, fixture.Around(centre, share, n)...)
	}
	loss := func(centre float64) []results.Trial { return losing(fixture.Around(centre, 0.01, 6)...) }
	still := func(v float64) []results.Trial { return fixture.Forwarding(fixture.SmallPackets, six(v)...) }
	for name, test := range map[string]struct {
		before, after []results.Trial
		want          results.Verdict
	}{
		"fewer packets":                    {pps(100, 0.01, 6), pps(90, 0.01, 6), results.VerdictWorse},
		"more packets":                     {pps(100, 0.01, 6), pps(110, 0.01, 6), results.VerdictBetter},
		"more loss":                        {loss(0.1), loss(0.2), results.VerdictWorse},
		"less loss":                        {loss(0.2), loss(0.1), results.VerdictBetter},
		"the same trials":                  {pps(100, 0.01, 6), pps(100, 0.01, 6), results.VerdictSame},
		"too wide for sameness":            {pps(100, 0.04, 6), pps(100, 0.04, 6), results.VerdictInconclusive},
		"far apart, but five":              {pps(100, 0.01, 5), pps(200, 0.01, 6), results.VerdictInconclusive},
		"single trials":                    {fixture.Forwarding(fixture.SmallPackets, 100), fixture.Forwarding(fixture.SmallPackets, 100), results.VerdictInconclusive},
		"no variance, no change":           {still(100), still(100), results.VerdictSame},
		"no variance, a change":            {still(100), still(99), results.VerdictWorse},
		"loss from nothing":                {losing(six(0)...), loss(0.1), results.VerdictWorse},
		"loss to nothing":                  {loss(0.1), losing(six(0)...), results.VerdictBetter},
		"never any loss":                   {losing(six(0)...), losing(six(0)...), results.VerdictSame},
		"a loss that comes and goes":       {losing(0, 0, 0, 0, 0.1, 0.2), losing(0, 0, 0, 0.1, 0.2, 0.3), results.VerdictInconclusive},
		"nothing forwarded in either":      {still(0), still(0), results.VerdictInconclusive},
		"nothing forwarded any more":       {still(100), still(0), results.VerdictWorse},
		"nothing any more, in one trial":   {fixture.Forwarding(fixture.SmallPackets, 100), fixture.Forwarding(fixture.SmallPackets, 0), results.VerdictWorse},
		"nothing now and then":             {pps(100, 0.01, 60), append(pps(100, 0.01, 59), fixture.Forwarding(fixture.SmallPackets, 0)...), results.VerdictWorse},
		"something at last":                {still(0), still(100), results.VerdictBetter},
		"figures that cannot be, negative": {pps(-100, 0.01, 6), pps(-100, 0.01, 6), results.VerdictInconclusive},
		"a ratio beyond all numbers":       {still(5e-324), still(1e308), results.VerdictInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := CompareFiles(fixture.FileOfTrials(test.before), fixture.FileOfTrials(test.after), 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Rows) != 1 || c.Rows[0].Verdict != test.want || c.Verdict() != test.want {
				t.Errorf("rows %+v, in all %s; want %s", c.Rows, c.Verdict(), test.want)
			}
			if _, err := results.Encode(c.Rows[0]); err != nil {
				t.Error(err)
			}
			for _, u := range c.Rows {
				if _, err := results.Encode(u); err != nil {
					t.Errorf("figures that are none: %v", err)
				}
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
		before, after := fixture.Forwarding(fixture.SmallPackets, test.before...), fixture.Forwarding(fixture.SmallPackets, test.after...)
		c, err := CompareFiles(fixture.FileOfTrials(before), fixture.FileOfTrials(after), 0.05)
		if err != nil {
			t.Fatal(err)
		}
		u := c.Rows[0]
		if diff := cmp.Diff([]*float64{test.ratio, test.low, test.high}, []*float64{u.Ratio, u.Low, u.High}, cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestCompareFilesHasNothing(t *testing.T) {
	arm := fixture.Forwarding(fixture.SmallPackets, 1)
	arm[0].Arm = results.ArmA
	plain, other := fixture.Forwarding(fixture.SmallPackets, 1), fixture.Forwarding(fixture.LargePackets, 1)
	for name, test := range map[string]struct {
		before, after []results.Trial
		says          []string
	}{
		"nothing in common": {plain, other, []string{fixture.SmallPackets, fixture.LargePackets}},
		"an empty file":     {nil, plain, []string{"old file has no trials"}},
		"arms only":         {plain, arm, []string{"new file has no plain trials", "1 are of arms"}},
	} {
		_, err := CompareFiles(fixture.FileOfTrials(test.before), fixture.FileOfTrials(test.after), 0.05)
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

// losing is plain trials of which nothing but the loss is known.
func losing(ratios ...float64) []results.Trial {
	trials := fixture.Forwarding(fixture.SmallPackets, ratios...)
	for i := range trials {
		trials[i].LossRatio, trials[i].ForwardedPps = trials[i].ForwardedPps, nil
	}
	return trials
}

package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func effectsOf(t *testing.T, s results.Sweep, trials []results.Trial) Effects {
	t.Helper()
	e, ok := EffectsOf(s, trials)
	if !ok {
		t.Fatal("no effects")
	}
	return e
}

func effectOf(e Effects, knobs ...string) (Effect, bool) {
	i := slices.IndexFunc(e.Ranked, func(e Effect) bool { return slices.Equal(e.Knobs, knobs) })
	if i < 0 {
		return Effect{}, false
	}
	return e.Ranked[i], true
}

// TestKnownEffects: what was put in comes out, in its order, at the right levels.
func TestKnownEffects(t *testing.T) {
	s := fixture.FullSweep(fixture.OffloadKnobs(), 3)
	e := effectsOf(t, s, fixture.Simulate(s, fixture.OffloadTruth, 0.02, 1))
	if !e.Balanced || e.NoiseDF != 23*2 || e.rounds != 3 || e.Untold != 0 || len(e.Ranked) != 4+6 {
		t.Errorf("balanced %v, %d degrees, %d rounds, %d untold, %d effects", e.Balanced, e.NoiseDF, e.rounds, e.Untold, len(e.Ranked))
	}
	var order []string
	for _, effect := range e.Ranked[:3] {
		order = append(order, strings.Join(effect.Knobs, " "))
		if !effect.Seen() {
			t.Errorf("%v was not seen: %+v", effect.Knobs, effect.Range)
		}
	}
	if diff := cmp.Diff([]string{"offload", "engine", "engine offload"}, order); diff != "" {
		t.Errorf("ranking (-want +got):\n%s", diff)
	}
	offload := e.Ranked[0]
	// The mean over the engines, of which one does half as much again with none.
	checkRatio(t, offload, 20/math.Sqrt(1.5), "all", "none")
	checkRatio(t, e.Ranked[1], 1.2*math.Cbrt(1.5), "uring", "sync")
	if inter := e.Ranked[2]; inter.Range.Low > 1.5 || inter.Range.High < 1.5 || inter.Most[1] != "none" && inter.Least[1] != "none" {
		t.Errorf("interaction %+v in %+v", inter, inter.Range)
	}
	if offload.Share < 0.95 || offload.Share > 1 || e.NoiseShare > 0.01 {
		t.Errorf("offload explains %v, noise %v", offload.Share, e.NoiseShare)
	}
}

func checkRatio(t *testing.T, e Effect, want float64, most, least string) {
	t.Helper()
	if e.Range.Low > want || e.Range.High < want || e.Most[0] != most || e.Least[0] != least {
		t.Errorf("%v: %s is %v times %s, in %v; want %s, %v times %s", e.Knobs, e.Most[0], e.Ratio, e.Least[0], *e.Range, most, want, least)
	}
}

// TestIntervalsCover: over many sweeps the intervals cover the truth as often as promised, and a knob that does nothing is seen as rarely.
func TestIntervalsCover(t *testing.T) {
	const sweeps = 400
	for _, rounds := range []int{2, 3, 5} {
		s := fixture.FullSweep([]results.Knob{{Key: "engine", Values: []string{"sync", "uring"}}, {Key: "queues", Values: []string{"1", "2"}}, {Key: "offload", Values: []string{"none", "tso", "all"}}}, rounds)
		covered, falseAlarms := 0, 0
		for i := range sweeps {
			e := effectsOf(t, s, fixture.Simulate(s, func(level map[string]string) float64 {
				return map[string]float64{"sync": 1, "uring": 1.3}[level["engine"]]
			}, 0.1, uint64(i)))
			engine, _ := effectOf(e, "engine")
			if engine.Range.Low <= 1.3 && 1.3 <= engine.Range.High {
				covered++
			}
			for _, knobs := range [][]string{{"offload"}, {"queues", "offload"}} {
				if idle, _ := effectOf(e, knobs...); idle.Seen() {
					falseAlarms++
				}
			}
		}
		// Three standard errors of a share of 0.95 in 400, and of 0.05 in 800.
		if share := float64(covered) / sweeps; share < 0.95-0.033 || share > 0.95+0.033 {
			t.Errorf("%d rounds: %.3f of the intervals cover the truth", rounds, share)
		}
		if share := float64(falseAlarms) / (2 * sweeps); share > 0.05+0.024 {
			t.Errorf("%d rounds: %.3f of what does nothing was seen", rounds, share)
		}
	}
}

// TestClassicalAnalysis: in a balanced design sums of squares and levels are those of marginal means, computed the obvious way.
func TestClassicalAnalysis(t *testing.T) {
	s := fixture.FullSweep(fixture.OffloadKnobs(), 2)
	trials := fixture.Simulate(s, fixture.OffloadTruth, 0.3, 5)
	e := effectsOf(t, s, trials)
	mean := func(want func(results.Trial) bool) float64 {
		sum, n := 0.0, 0.0
		for _, tr := range trials {
			if want(tr) {
				sum, n = sum+math.Log(*tr.ThroughputBps), n+1
			}
		}
		return sum / n
	}
	has := func(tr results.Trial, key, value string) bool {
		return results.ValueOf(results.SettingsOf(tr.Scenario), key) == value
	}
	grand := mean(func(results.Trial) bool { return true })
	var total, left float64
	for _, tr := range trials {
		round := mean(func(o results.Trial) bool { return o.Round == tr.Round })
		cell := mean(func(o results.Trial) bool { return o.Scenario == tr.Scenario })
		y := math.Log(*tr.ThroughputBps)
		total += (y - round) * (y - round)
		left += (y - round - cell + grand) * (y - round - cell + grand)
	}
	within := cmpopts.EquateApprox(1e-9, 1e-12)
	if !cmp.Equal(left/total, e.NoiseShare, within) {
		t.Errorf("noise %v, want %v", e.NoiseShare, left/total)
	}
	for _, k := range s.Knobs {
		effect, _ := effectOf(e, k.Key)
		squares, n := 0.0, float64(len(trials)/len(k.Values))
		for i, value := range k.Values {
			m := mean(func(tr results.Trial) bool { return has(tr, k.Key, value) }) - grand
			squares += n * m * m
			if !cmp.Equal(math.Exp(m), effect.Levels[i].Ratio, within) {
				t.Errorf("%s=%s is %v, want %v", k.Key, value, effect.Levels[i].Ratio, math.Exp(m))
			}
		}
		if !cmp.Equal(squares/total, effect.Share, within) {
			t.Errorf("%s explains %v, want %v", k.Key, effect.Share, squares/total)
		}
	}
	sum := e.NoiseShare + e.RestShare
	for _, effect := range e.Ranked {
		sum += effect.Share
	}
	if !cmp.Equal(1.0, sum, within) {
		t.Errorf("all shares are %v together", sum)
	}
	engine, _ := effectOf(e, "engine", "offload")
	at := func(e, o string) float64 {
		return mean(func(tr results.Trial) bool { return has(tr, "engine", e) && has(tr, "offload", o) })
	}
	want := math.Exp(at(engine.Most[0], engine.Most[1]) - at(engine.Least[0], engine.Most[1]) -
		at(engine.Most[0], engine.Least[1]) + at(engine.Least[0], engine.Least[1]))
	if !cmp.Equal(want, engine.Ratio, within) {
		t.Errorf("engine by offload is %v, want %v", engine.Ratio, want)
	}
}

// TestFewerCells: with every second cell, each of which still has all pairs, effects are those of the truth; interactions are not told.
func TestFewerCells(t *testing.T) {
	knobs := []results.Knob{{Key: "a", Values: []string{"0", "1"}}, {Key: "b", Values: []string{"0", "1"}}, {Key: "c", Values: []string{"0", "1"}}}
	s := fixture.FullSweep(knobs, 4)
	s.Design = "pairwise"
	s.Scenarios = slices.DeleteFunc(s.Scenarios, func(name string) bool { return strings.Count(name, "=1")%2 != 0 })
	trials := fixture.Simulate(s, func(level map[string]string) float64 {
		if level["b"] == "1" {
			return 3
		}
		return 1
	}, 0.01, 3)
	e := effectsOf(t, s, trials)
	if e.Balanced || e.Untold != 3 || len(e.Ranked) != 3 {
		t.Errorf("balanced %v, %d interactions untold, %d effects", e.Balanced, e.Untold, len(e.Ranked))
	}
	checkRatio(t, e.Ranked[0], 3, "1", "0")
	// The same when trials are missing.
	e = effectsOf(t, s, trials[1:len(trials)-2])
	checkRatio(t, e.Ranked[0], 3, "1", "0")
}

// TestConfused: two knobs that change together cannot be told apart, and a knob that does not apply in some cells has its effect from the others.
func TestConfused(t *testing.T) {
	s := fixture.FullSweep([]results.Knob{{Key: "a", Values: []string{"0", "1"}}, {Key: "b", Values: []string{"0", "1"}}}, 3)
	s.Scenarios = []string{"a=0/b=0", "a=1/b=1"}
	e := effectsOf(t, s, fixture.Simulate(s, func(map[string]string) float64 { return 1 }, 0.1, 1))
	if diff := cmp.Diff([]string{"a", "b"}, e.Confused); diff != "" || len(e.Ranked) != 0 || e.Untold != 1 {
		t.Errorf("confused (-want +got):\n%s; %+v", diff, e)
	}
	e = effectsOf(t, s, fixture.Simulate(s, func(level map[string]string) float64 { return map[string]float64{"0": 1, "1": 2}[level["a"]] }, 0, 1))
	if e.NoiseShare != 0 || e.RestShare != 0 {
		t.Errorf("without noise: %+v", e)
	}
	nested := fixture.FullSweep([]results.Knob{{Key: "dut", Values: []string{"forwarder", "veth"}}, {Key: "queues", Values: []string{"1", "2"}}}, 3)
	nested.Scenarios = []string{"dut=forwarder/queues=1", "dut=forwarder/queues=2", "dut=veth"}
	e = effectsOf(t, nested, fixture.Simulate(nested, func(level map[string]string) float64 {
		return map[string]float64{"1": 1, "2": 4, "": 8}[level["queues"]]
	}, 0.01, 1))
	queues, _ := effectOf(e, "queues")
	checkRatio(t, queues, 4, "2", "1")
	dut, _ := effectOf(e, "dut")
	checkRatio(t, dut, 4, "veth", "forwarder") // to the mean of both queues
}

// TestOddData: whatever the trials are, there is an answer without NaN.
func TestOddData(t *testing.T) {
	s := fixture.FullSweep([]results.Knob{{Key: "a", Values: []string{"0", "1"}}, {Key: "b", Values: []string{"0", "1"}}}, 3)
	flat := func(map[string]string) float64 { return 1 }
	same := fixture.Simulate(s, flat, 0, 1)
	zero, failed, single := fixture.Simulate(s, flat, 0.1, 1), fixture.Simulate(s, flat, 0.1, 1), fixture.Simulate(s, flat, 0.1, 1)
	*zero[0].ThroughputBps, zero[1].ThroughputBps = 0, nil
	failed[3].Error, failed[4].Interrupted = "ended", true
	for name, test := range map[string]struct {
		trials           []results.Trial
		ok               bool
		used, leftOut    int
		noiseDF, effects int
	}{
		"no trials":             {nil, false, 0, 0, 0, 0},
		"one trial":             {single[:1], false, 1, 0, 0, 0},
		"one round":             {single[:4], true, 4, 0, 0, 3},
		"all the same":          {same, true, 12, 0, 6, 3},
		"zero and absent":       {zero, true, 10, 2, 4, 3},
		"failed":                {failed, true, 10, 0, 4, 3},
		"of some other design":  {[]results.Trial{{Scenario: "c=1", Traffic: results.Traffic{ThroughputBps: new(1.0)}}}, false, 0, 0, 0, 0},
		"too far for intervals": {[]results.Trial{extreme(s, 0, 0, 1e300), extreme(s, 0, 1, 1e-300), extreme(s, 3, 0, 1e-300), extreme(s, 3, 1, 1e300)}, true, 4, 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := EffectsOf(s, test.trials)
			used, _ := samplesOf(s, test.trials)
			if ok != test.ok || len(used) != test.used || e.leftOut != test.leftOut || e.NoiseDF != test.noiseDF || len(e.Ranked) != test.effects {
				t.Errorf("%v, %+v", ok, e)
			}
			for _, effect := range e.Ranked {
				for _, figure := range []float64{effect.Share, effect.Ratio, e.NoiseShare, e.RestShare} {
					if math.IsNaN(figure) || math.IsInf(figure, 0) {
						t.Errorf("a figure that is none: %+v", e)
					}
				}
			}
		})
	}
	if e := effectsOf(t, s, same); e.Ranked[0].Seen() || e.Ranked[0].Ratio > 1+sure {
		t.Errorf("an effect where all trials are the same: %+v", e.Ranked[0])
	}
}

func extreme(s results.Sweep, cell, round int, bps float64) results.Trial {
	return results.Trial{Scenario: s.Scenarios[cell], Round: round, Traffic: results.Traffic{ThroughputBps: &bps}}
}

// TestQuantile against the table of Student's distribution in the NIST/SEMATECH e-Handbook, 1.3.6.7.2.
func TestQuantile(t *testing.T) {
	for _, test := range []struct {
		comparisons, df int
		want            float64
	}{{1, 1, 12.706}, {1, 2, 4.303}, {1, 10, 2.228}, {1, 46, 2.013}, {1, 100, 1.984}, {5, 5, 4.032}, {5, 30, 2.750}} {
		if got := quantile(test.comparisons, test.df); math.Abs(got-test.want) > 0.0006 {
			t.Errorf("quantile(%d, %d) = %.4f, want %.3f", test.comparisons, test.df, got, test.want)
		}
	}
}

// TestDriftWithinRounds: a machine that slows down within a round is told, one that differs from round to round is what rounds are for.
func TestDriftWithinRounds(t *testing.T) {
	s := fixture.FullSweep(fixture.OffloadKnobs(), 3)
	trials := fixture.Simulate(s, fixture.OffloadTruth, 0.01, 1)
	random := rand.New(rand.NewPCG(1, 1))
	order := make([][]int, s.Rounds)
	for round := range order {
		order[round] = random.Perm(len(s.Scenarios))
	}
	for i := range trials {
		trials[i].Start = fixture.Start.Add(time.Duration(trials[i].Round)*time.Hour + time.Duration(order[trials[i].Round][i%len(s.Scenarios)])*time.Second)
	}
	if e := effectsOf(t, s, trials); e.drift != nil {
		t.Errorf("a drift of %+v between rounds", e.drift)
	}
	for i := range trials {
		*trials[i].ThroughputBps *= 1 - 0.3*float64(order[trials[i].Round][i%len(s.Scenarios)])/float64(len(s.Scenarios))
	}
	if e := effectsOf(t, s, trials); e.drift == nil || e.drift.ChangeRatio > -0.1 || e.drift.ChangeRatio < -0.4 {
		t.Errorf("a drift of -30 %%, of which the means of the cells take a third, is seen as %+v", e.drift)
	}
}

package report

import (
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/analysis"
	"tunbench/results/internal/fixture"
)

// TestLostLevelsAreSaid: a level whose trials failed, brought nothing through or have no figure does not vanish, in part or as a whole, and
// no knob makes "no difference" because of it.
func TestLostLevelsAreSaid(t *testing.T) {
	knobs := []results.Knob{{Key: "queues", Values: []string{"1", "2"}}, {Key: "txqlen", Values: []string{"200", "1000"}}}
	fates := map[string]func(*results.Trial){
		"failed":                  func(t *results.Trial) { t.Error = "ended" },
		"brought nothing through": func(t *results.Trial) { t.ThroughputBps = new(0.0) },
		"had no figure":           func(t *results.Trial) { t.ThroughputBps = nil },
	}
	for what, fate := range fates {
		for name, test := range map[string]struct {
			rounds func(int) bool // in which the trials with two queues meet their fate
			words  string         // among the effects
			warned string
		}{
			"some": {func(round int) bool { return round%3 == 0 }, "queues: what it did cannot be told, of 12 trials at queues=2 4 " + what, ""},
			"all":  {func(int) bool { return true }, "", "queues=2 is not among the effects: of 12 trials at queues=2 12 " + what},
		} {
			t.Run(what+"/"+name, func(t *testing.T) {
				s := fixture.FullSweep(knobs, 6)
				trials := fixture.Simulate(s, func(map[string]string) float64 { return 1 }, 0.01, 3)
				for i := range trials {
					if test.rounds(trials[i].Round) && strings.Contains(trials[i].Scenario, "queues=2") {
						fate(&trials[i])
					}
				}
				effects, _ := analysis.EffectsOf(s, trials)
				said := strings.Join(effectsWords(effects), "\n")
				if !strings.Contains(said, test.words) || strings.Contains(said, "queues made no difference") {
					t.Errorf("says\n%s\nwant %q", said, test.words)
				}
				if !strings.Contains(said, "txqlen made no difference") {
					t.Errorf("no fair word of what lost the same everywhere:\n%s", said)
				}
				f := fixture.File(results.Host{}, s)
				f.Trials = trials
				table, err := Table(f, Options{})
				if err != nil || !strings.Contains(table, test.warned) {
					t.Errorf("%v: %q is missing from\n%s", err, test.warned, table)
				}
			})
		}
	}
	// With one knob there is nothing left to have an effect, and that is said too.
	s := fixture.FullSweep(knobs[:1], 3)
	trials := fixture.Simulate(s, func(map[string]string) float64 { return 1 }, 0.01, 3)
	for i := range trials {
		if strings.Contains(trials[i].Scenario, "queues=2") {
			*trials[i].ThroughputBps = 0
		}
	}
	f := fixture.File(results.Host{}, s)
	f.Trials = trials
	if table, err := Table(f, Options{}); err != nil || !strings.Contains(table, "queues=2 is not among the effects: of 3 trials at queues=2 3 brought nothing through") {
		t.Errorf("%v: no word of it in\n%s", err, table)
	}
}

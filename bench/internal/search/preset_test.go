package search

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPresets(t *testing.T) {
	if got, want := PresetNames(), []string{"ndr-pdr", "rfc2544", "ci-fast"}; !slices.Equal(got, want) {
		t.Errorf("presets %v, want %v", got, want)
	}
	for _, name := range PresetNames() {
		p, err := FindPreset(name)
		if err != nil || p.Name != name || p.Doc == "" {
			t.Errorf("preset %q is %+v, %v", name, p, err)
		}
		p.Config.MinLoad, p.Config.MaxLoad = 1, 2
		if err := p.Config.Validate(); err != nil {
			t.Errorf("preset %s: %v", name, err)
		}
	}
	_, err := FindPreset("fast")
	var unknown *UnknownPresetError
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), "ndr-pdr, rfc2544, ci-fast") {
		t.Errorf("error %v, want an *UnknownPresetError that lists the presets", err)
	}
}

// TestCIFastIsFast: on noisy systems, at 0.1 s beside each trial, CIFast takes well under
// 40 s as a rule, never more than its limit, and nearly always ends regularly; runs
// agree, on a calm machine within 5 %.
func TestCIFastIsFast(t *testing.T) {
	const (
		rate   = 500e3
		around = 100 * time.Millisecond
		runs   = 400
	)
	for _, tc := range []struct {
		name          string
		sigma, stalls float64
		spread        float64 // of nine tenths of the NDR results, relative to the rate
	}{
		{"calm", 0.005, 0.2, 0.05},
		{"shared", 0.01, 2, 0.06},
		{"crowded", 0.02, 10, 0.15},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var took []time.Duration
			var ndr []float64
			var irregular int
			for seed := range runs {
				c := CIFast()
				c.MinLoad, c.MaxLoad = 1000, 1.5e6
				r, m := run(t, c, noisy(newRand(seed), rate, tc.sigma, tc.stalls))
				total := r.Elapsed + c.Warmup + time.Duration(len(m.trials))*around
				took = append(took, total)
				if total > 41*time.Second {
					t.Errorf("seed %d took %v", seed, total)
				}
				if !r.Goals[0].Regular || !r.Goals[1].Regular {
					irregular++
				}
				if ct := r.Goals[0].ConditionalThroughput; ct != nil {
					ndr = append(ndr, *ct)
				}
			}
			slices.Sort(took)
			slices.Sort(ndr)
			if median := took[runs/2]; median > 20*time.Second {
				t.Errorf("half of the runs took more than %v", median)
			}
			if most := took[runs*95/100]; most > 35*time.Second {
				t.Errorf("one in twenty runs took more than %v", most)
			}
			if irregular > runs/50 {
				t.Errorf("%d of %d runs ended irregularly", irregular, runs)
			}
			low, high := ndr[len(ndr)*5/100], ndr[len(ndr)*95/100]
			if (high-low)/rate > tc.spread {
				t.Errorf("nine tenths of NDR lie from %.0f to %.0f pps, wider than %v of the rate", low, high, tc.spread)
			}
		})
	}
}

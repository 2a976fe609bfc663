package search

import (
	"math"
	"testing"
	"time"
)

// TestProgress: it is told of every trial, the bounds close in, and what it says last is
// the result.
func TestProgress(t *testing.T) {
	c := validConfig()
	var told []Progress
	c.Progress = func(p Progress) { told = append(told, p) }
	r, m := run(t, c, noisy(newRand(5), 500e3, 0.01, 1))

	if len(told) != r.Trials+1 || len(m.trials) != len(told) {
		t.Fatalf("told %d times of %d trials and a warm-up", len(told), r.Trials)
	}
	if w := told[0]; !w.Trial.Warmup || w.Trials != 0 || w.Elapsed != 0 || w.Goal != "" {
		t.Errorf("the warm-up is told as %+v", w)
	}
	if first := told[1]; first.Trial.Warmup || first.Goal != "" || first.Trial.Load != c.MaxLoad || first.Trials != 1 {
		t.Errorf("the first trial is told as %+v", first)
	}
	for _, g := range told[1].Goals {
		if g.Lower == nil || g.Upper == nil {
			t.Errorf("after the first trial %s is told without the guess: %+v", g.Name, g)
		}
	}
	var sum time.Duration
	for i, p := range told[1:] {
		sum += p.Trial.Effective
		if p.Trials != i+1 || p.Elapsed != sum || p.Trial.Load != m.trials[i+1].Load {
			t.Errorf("trial %d is told as %+v", i+1, p)
		}
		for k, g := range p.Goals {
			if g.Name != c.Goals[k].Name || g.Stage < 1 || g.Stage > g.Stages {
				t.Errorf("trial %d: goal %d is told as %+v", i+1, k, g)
			}
			if g.Lower != nil && g.Upper != nil && *g.Lower >= *g.Upper {
				t.Errorf("trial %d: %s between %v and %v", i+1, g.Name, *g.Lower, *g.Upper)
			}
		}
		if i > 0 && p.Goal != "NDR" && p.Goal != "PDR" {
			t.Errorf("trial %d was wanted by %q", i+1, p.Goal)
		}
	}
	for k, g := range told[len(told)-1].Goals {
		want := r.Goals[k]
		if !g.Done || g.Stage != g.Stages || *g.Lower != *want.LowerBound || *g.Upper != *want.UpperBound {
			t.Errorf("told last %+v, want the result %+v", g, want)
		}
	}
}

// TestCoarsestStageFirst: each trial is for a goal at the coarsest stage that is not done.
func TestCoarsestStageFirst(t *testing.T) {
	c := validConfig()
	var before *Progress
	var turns int
	c.Progress = func(p Progress) {
		if before != nil && p.Goal != "" {
			stage, coarsest := 0, math.MaxInt
			for _, g := range before.Goals {
				if g.Name == p.Goal {
					stage = g.Stage
				}
				if !g.Done {
					coarsest = min(coarsest, g.Stage)
				}
			}
			if stage != coarsest {
				t.Errorf("trial %d was for %s at stage %d while another is at %d", p.Trials, p.Goal, stage, coarsest)
			}
			if before.Goal != p.Goal {
				turns++
			}
		}
		before = &p
	}
	run(t, c, noisy(newRand(6), 500e3, 0.01, 2))
	if turns < 4 {
		t.Errorf("the goals took turns %d times: the test shows little", turns)
	}
}

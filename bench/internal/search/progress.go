package search

import "time"

// Progress is the state of a search after a trial.
type Progress struct {
	Trial   Trial         // the one just made
	Goal    string        // the goal that wanted it; empty for the warm-up and the first guess
	Trials  int           // made so far, the warm-up not counted
	Elapsed time.Duration // the sum of their effective durations
	Goals   []GoalProgress
}

// GoalProgress is how far one goal is, in the order of [Config.Goals].
type GoalProgress struct {
	Name string
	// Lower and Upper are the loads in packets per second between which the goal is
	// believed to be met at this stage; nil where there is no bound yet.
	Lower, Upper  *float64
	Stage, Stages int // the stage worked on, from 1, and how many there are
	Done          bool
}

func (p *pursuit) progress(c *Config, j *journal) GoalProgress {
	known := j.bounds(p.current())
	g := GoalProgress{Name: p.goal.Name, Stage: p.stage + 1, Stages: len(p.stages), Done: p.strategy(c).done(known)}
	if !g.Done {
		known = known.within(p.believed)
	}
	g.Lower, g.Upper = known.pointers()
	return g
}

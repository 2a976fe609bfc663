package search

import "math"

// pursuit is the way of one goal through its stages.
type pursuit struct {
	goal     Goal
	stages   []Goal
	stage    int    // the one worked on
	believed bounds // what the stage before found, at first a guess
}

func newPursuit(g Goal) *pursuit { return &pursuit{goal: g, stages: g.stages()} }

// current returns what the goal asks for at this stage.
func (p *pursuit) current() Goal { return p.stages[p.stage] }

func (p *pursuit) strategy(c *Config) strategy {
	return strategy{min: c.MinLoad, max: c.MaxLoad, width: p.current().Width}
}

// guess sets where to start from the rate that was forwarded at the maximum load: the
// load which, forwarded at that rate, loses no more than the goal allows.
func (p *pursuit) guess(c *Config, rate float64) {
	load := rate / (1 - p.goal.LossRatio)
	switch {
	case load >= c.MaxLoad:
		p.believed = bounds{lower: c.MaxLoad, upper: math.Inf(1)}
	case load <= c.MinLoad:
		p.believed = bounds{lower: 0, upper: c.MinLoad}
	default:
		w := p.current().Width
		p.believed = bounds{lower: max(c.MinLoad, load*(1-w)*(1-w)), upper: load}
	}
}

// advance moves on past every stage that is done, never back: what a later stage finds
// is classified by its own, stricter rule.
func (p *pursuit) advance(c *Config, j *journal) {
	for p.stage < len(p.stages)-1 {
		known := j.bounds(p.current())
		if !p.strategy(c).done(known) {
			return
		}
		p.believed = known
		p.stage++
	}
}

// want returns the load to try next and true, or false when the goal needs no more
// trials for now.
func (p *pursuit) want(c *Config, j *journal) (load float64, wanted bool) {
	s, known := p.strategy(c), j.bounds(p.current())
	if s.done(known) {
		return 0, false
	}
	return s.next(known, p.believed), true
}

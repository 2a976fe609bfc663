package search

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Run searches for all goals of c with trials made by m and returns when each is
// reached, or shown to be out of reach, or a limit is hit. A limit is not an error: the
// goals concerned are irregular and say so. When ctx is done, which is looked at between
// trials, or when m fails, the result holds what was known until then and the error says
// why. A configuration that makes no search is a [*ConfigError].
func Run(ctx context.Context, c Config, m Measurer) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	s := &controller{config: c, measurer: m, journal: newJournal()}
	for _, g := range c.Goals {
		s.pursuits = append(s.pursuits, newPursuit(g))
	}
	stopped, err := s.search(ctx)
	return s.result(stopped), err
}

// controller is one search under way.
type controller struct {
	config   Config
	measurer Measurer
	journal  *journal
	pursuits []*pursuit
	trials   int
	elapsed  time.Duration
}

// search makes trials until no goal wants another. If it ends before, it returns why.
func (s *controller) search(ctx context.Context) (stopped string, err error) {
	if err := s.warmUp(ctx); err != nil {
		return reasonFor(err), err
	}
	first := input{load: s.config.MaxLoad, duration: s.config.ShortestTrial()}
	for in, wanted := first, true; wanted; in, wanted = s.choose() {
		if stopped := s.limit(in.duration); stopped != "" {
			return stopped, nil
		}
		t, err := s.measure(ctx, in)
		if err != nil {
			return reasonFor(err), err
		}
		s.learn(t)
		s.tell(t, in.goal)
	}
	return "", nil
}

// learn takes in a trial for every goal; the first one gives the guess to start from.
func (s *controller) learn(t Trial) {
	s.trials++
	s.elapsed += t.Effective
	s.journal.add(t)
	for _, p := range s.pursuits {
		if s.trials == 1 {
			p.guess(&s.config, t.ForwardingRate())
		}
		p.advance(&s.config, s.journal)
	}
}

// input is the load and duration of a trial, and the goal that wants it.
type input struct {
	load     float64 // packets per second
	duration time.Duration
	goal     string
}

// choose returns what the goals want most: the coarsest stage first, and among equals
// the smallest load.
func (s *controller) choose() (best input, wanted bool) {
	var effort time.Duration
	for _, p := range s.pursuits {
		load, ok := p.want(&s.config, s.journal)
		if !ok {
			continue
		}
		stage := p.current()
		if !wanted || stage.DurationSum < effort || stage.DurationSum == effort && load < best.load {
			best = input{load: load, duration: stage.FinalDuration, goal: p.goal.Name}
			effort, wanted = stage.DurationSum, true
		}
	}
	return best, wanted
}

// limit returns why a trial of the duration may not be made, or nothing.
func (s *controller) limit(d time.Duration) string {
	switch {
	case s.trials >= s.config.MaxTrials:
		return ReasonTrialLimit
	case s.config.MaxTime > 0 && s.elapsed+d > s.config.MaxTime:
		return ReasonTimeLimit
	}
	return ""
}

func (s *controller) warmUp(ctx context.Context) error {
	if s.config.Warmup == 0 {
		return nil
	}
	t, err := s.measure(ctx, input{load: s.config.MaxLoad, duration: s.config.Warmup})
	if err != nil {
		return err
	}
	t.Warmup = true
	s.tell(t, "")
	return nil
}

// measure makes one trial. An error of a done context wraps its cause.
func (s *controller) measure(ctx context.Context, in input) (Trial, error) {
	if ctx.Err() != nil {
		return Trial{}, &interruptedError{cause: context.Cause(ctx)}
	}
	t, err := s.measurer.Measure(ctx, in.load, in.duration)
	if err != nil && ctx.Err() != nil {
		return Trial{}, &interruptedError{cause: err}
	}
	// What was asked for is what counts, whatever the measurer made of it.
	t.Load, t.Duration, t.Warmup = in.load, in.duration, false
	if t.Effective == 0 {
		t.Effective = in.duration
	}
	if err == nil {
		err = t.validate()
	}
	if err != nil {
		return Trial{}, fmt.Errorf("measure %.0f pps for %v: %w", in.load, in.duration, err)
	}
	return t, nil
}

// interruptedError tells a search that was called off from a measurer that failed.
type interruptedError struct{ cause error }

func (e *interruptedError) Error() string { return "search interrupted: " + e.cause.Error() }

func (e *interruptedError) Unwrap() error { return e.cause }

func reasonFor(err error) string {
	if interrupted := (*interruptedError)(nil); errors.As(err, &interrupted) {
		return ReasonInterrupted
	}
	return ReasonMeasurerFailed
}

func (s *controller) tell(t Trial, goal string) {
	if s.config.Progress == nil {
		return
	}
	p := Progress{Trial: t, Goal: goal, Trials: s.trials, Elapsed: s.elapsed}
	for _, pursuit := range s.pursuits {
		p.Goals = append(p.Goals, pursuit.progress(&s.config, s.journal))
	}
	s.config.Progress(p)
}

func (s *controller) result(stopped string) Result {
	r := Result{Trials: s.trials, Elapsed: s.elapsed}
	for _, p := range s.pursuits {
		r.Goals = append(r.Goals, goalResult(&s.config, s.journal, p.goal, stopped))
	}
	return r
}

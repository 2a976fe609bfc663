package measure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// Arm is one side of a comparison.
type Arm struct {
	Scenario scenario.Scenario `json:"scenario"`
	Variant  dut.Variant       `json:"variant,omitzero"`   // of our forwarder, or of a program
	Revision string            `json:"revision,omitempty"` // of a program: a build of it is to be the variant
}

// Arms is a comparison of two arms, measured in turns until Enough says so.
//
// A round is A, B and the control, which is A again, in random order and then in the
// reverse order, each in a fresh scene: among A and B that is ABBA or BAAB. A drift of
// the machine that is steady within a round meets all alike.
type Arms struct {
	A, B      Arm
	Control   bool // measure A once more as a third arm
	MinRounds int  // before Enough is asked
	MaxRounds int
	Number    int    // of the series, among those of one file
	Seed      uint64 // of the orders
	Options   Options

	// Starting is told before each trial, also before those of the warm-up, which
	// have round -1; it may be nil.
	Starting func(arm string, round int)
	// Record receives each trial as soon as it is measured; an error ends the series.
	Record func(results.Trial) error
	// Enough is asked after each round whether the comparison may end; nil means never.
	Enough func() (bool, error)
}

// ErrArmFailed says that a comparison ended because a trial failed: the trials that did not fail would be a
// selection. The error is an [*ArmError].
var ErrArmFailed = errors.New("a trial failed, the comparison ended there")

// ArmError is [ErrArmFailed] with the name of the arm whose trial failed, so that a gate can tell a failure of the
// candidate from one of the baseline.
type ArmError struct {
	Arm  string
	Text string // of the trial's error
	Err  error  // what [Trial] says would end any series; nil if only this trial failed
}

func (e *ArmError) Error() string {
	text := e.Text
	if e.Err != nil && !strings.Contains(text, e.Err.Error()) {
		text += "; " + e.Err.Error()
	}
	return fmt.Sprintf("arm %s: %v: %s", e.Arm, ErrArmFailed, text)
}

// Unwrap returns [ErrArmFailed], and Err if there is one.
func (e *ArmError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrArmFailed}
	}
	return []error{ErrArmFailed, e.Err}
}

// Run measures. When ctx is done it ends after the trial in flight and returns the cause;
// after a trial that failed it returns ErrArmFailed. The warm-up, one trial of each arm,
// is not recorded.
func (s *Arms) Run(ctx context.Context) error {
	for _, arm := range []string{results.ArmA, results.ArmB} {
		t, err := s.trial(ctx, arm, -1)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := failed(t, err); err != nil {
			return err
		}
	}
	random := rand.New(rand.NewPCG(s.Seed, uint64(s.Number)))
	for round := range s.MaxRounds {
		for _, arm := range s.order(random) {
			if err := s.measure(ctx, arm, round); err != nil {
				return err
			}
		}
		if s.Enough == nil || round+1 < s.MinRounds {
			continue
		}
		if enough, err := s.Enough(); enough || err != nil {
			return err
		}
	}
	return nil
}

// order is that of one round.
func (s *Arms) order(random *rand.Rand) []string {
	arms := []string{results.ArmA, results.ArmB}
	if s.Control {
		arms = append(arms, results.ArmControl)
	}
	random.Shuffle(len(arms), func(i, j int) { arms[i], arms[j] = arms[j], arms[i] })
	back := slices.Clone(arms)
	slices.Reverse(back)
	return append(arms, back...)
}

// measure makes one trial and records it.
func (s *Arms) measure(ctx context.Context, arm string, round int) error {
	t, err := s.trial(ctx, arm, round)
	if recordErr := s.Record(t); recordErr != nil {
		return errors.Join(fmt.Errorf("record trial: %w", recordErr), err)
	}
	if ctx.Err() != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return failed(t, err)
}

// failed is an ArmError if the trial did, else err.
func failed(t results.Trial, err error) error {
	if t.Failed() && !t.Interrupted {
		return &ArmError{Arm: t.Arm, Text: t.Error, Err: err}
	}
	return err
}

func (s *Arms) trial(ctx context.Context, arm string, round int) (results.Trial, error) {
	if ctx.Err() != nil {
		return results.Trial{}, context.Cause(ctx)
	}
	if s.Starting != nil {
		s.Starting(arm, round)
	}
	side := s.A
	if arm == results.ArmB {
		side = s.B
	}
	options := s.Options
	options.Variant = side.Variant
	t, err := Trial(ctx, side.Scenario, options)
	t.Series, t.Round, t.Arm = s.Number, round, arm
	return t, err
}

package main

import (
	"context"
	"errors"
	"strings"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/scenario"
)

const (
	// selfTestMinRounds are as few as can show a change in one of three metrics, and two to spare; selfTestRounds are for a busy machine.
	selfTestMinRounds = 9
	selfTestRounds    = 12
	// selfTestWords keep a worker's CPU busy whatever its program is, and let it not make up for a handicap by larger batches.
	selfTestWords = "size=64 load=max gro=off batch=32 duration=200ms warmup=100ms"
)

// selfTestHandicaps are tried in turn until the gate can decide: the first is found on any quiet machine, the last where CPUs are moved
// about under the measurement.
var selfTestHandicaps = []float64{0.2, 0.4}

var errSelfTest = errors.New("self-test failed: do not trust this gate here")

// canBeSlowed finds scenarios in which a handicap would hit nobody.
func canBeSlowed(o gateOptions, words []string) error {
	scenarios, err := o.scenarios(words)
	for _, s := range scenarios {
		if s.Pin == scenario.Off {
			err = errors.Join(err, &usageError{errors.New("--self-test wastes time on the CPU that a worker is pinned to: not with pin=off")})
		}
	}
	return err
}

// gateSelfTest compares the baseline with itself and with itself slowed down.
func (a *app) gateSelfTest(ctx context.Context, o gateOptions, words []string) (err error) {
	if o.candidate != "" || o.markdown != "" || o.junit != "" {
		return &usageError{errors.New("--self-test compares the baseline with itself: without --candidate, --markdown and --junit")}
	}
	if o.preset == "" && len(words) == 0 {
		words = strings.Fields(selfTestWords)
	}
	if !o.roundsGiven {
		o.rounds, o.minRounds = selfTestRounds, selfTestMinRounds
	}
	if err := canBeSlowed(o, words); err != nil {
		return err
	}
	g, err := a.prepareGate(&o, words)
	if err != nil {
		return err
	}
	if o.thresholds == "" {
		g.thresholds = gate.SelfTestThresholds(selfTestHandicaps[0])
	}
	shop := a.workshop(o.output)
	defer func() { err = errors.Join(err, shop.Close()) }()
	baseline, err := findBuild(ctx, shop, o.baseline)
	if err != nil {
		return err
	}
	var test gate.SelfTest
	if err := a.recorded(ctx, o.output, func(keep *records) error {
		test.Alike, err = a.measureGate(ctx, g, keep, baseline, baseline)
		for i := 0; err == nil && i < len(selfTestHandicaps) && (i == 0 || test.Undecided()); i++ {
			slowed := gate.Slowed{Handicap: selfTestHandicaps[i]}
			program := baseline
			program.variant.Handicap = slowed.Handicap
			slowed.Report, err = a.measureGate(ctx, g, keep, baseline, program)
			test.Slowed = append(test.Slowed, slowed)
		}
		return interrupted(ctx, err, keep.trials)
	}); err != nil {
		return err
	}
	if err := a.printLines(o.output, test.Lines()); err != nil || test.Passed() {
		return err
	}
	return errSelfTest
}

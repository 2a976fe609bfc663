package main

import (
	"context"
	"errors"
	"strings"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
)

const (
	// selfTestMinRounds are as few as can show a change in one of three metrics, and two to spare; selfTestRounds are for a busy machine.
	selfTestMinRounds = 9
	selfTestRounds    = 12
	// selfTestLoad keeps a worker's CPU busy whatever its program is.
	selfTestLoad = "size=64 load=max duration=200ms warmup=100ms"
	// selfTestOwn lets our forwarder not make up for a handicap by larger batches.
	selfTestOwn = "gro=off batch=32"
)

// selfTestWords are measured where nothing else is asked for.
func selfTestWords(programs []*program.File) []string {
	words := strings.Fields(selfTestLoad)
	if len(programs) == 0 {
		words = append(words, strings.Fields(selfTestOwn)...)
	}
	return words
}

// selfTestHandicaps are tried in turn until the gate can decide: the first is found on any quiet machine, the last where CPUs are moved
// about under the measurement.
var selfTestHandicaps = []float64{0.2, 0.4}

var errSelfTest = errors.New("self-test failed: do not trust this gate here")

// gateSelfTest compares the baseline with itself and with itself slowed down.
func (con *console) gateSelfTest(ctx context.Context, o gateOptions, words []string) error {
	if o.candidate != "" || o.markdown != "" || o.junit != "" {
		return &usageError{errors.New("--self-test compares the baseline with itself: without --candidate, --markdown and --junit")}
	}
	if o.planning.to != "" {
		return &usageError{errors.New("--self-test --plan-out: a self-test is of one machine: leave --plan-out out")}
	}
	if !o.roundsGiven {
		o.rounds, o.minRounds = selfTestRounds, selfTestMinRounds
	}
	plan, err := o.subject.plan()
	if err != nil {
		return err
	}
	if o.preset == "" && len(words) == 0 {
		words = selfTestWords(plan.Programs)
	}
	work, err := o.work(plan.Programs, words)
	if err != nil {
		return err
	}
	if o.thresholds == "" {
		work.Thresholds = gate.SelfTestThresholds(selfTestHandicaps[0])
	}
	test := &campaign.SelfTest{Gate: *work, Handicaps: selfTestHandicaps}
	if err := test.Check(); err != nil {
		return err
	}
	plan.Work = test
	out, err := con.measure(ctx, o.output, plan)
	if err != nil {
		return err
	}
	if err := con.printLines(o.output, out.SelfTest.Lines()); err != nil || out.SelfTest.Passed() {
		return err
	}
	return errSelfTest
}

package main

import (
	"fmt"
	"strings"
	"time"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
)

// What trials and calibrations take beside their load, measured on a virtual machine of two CPUs: the scene is built and removed, a process
// starts and, of a load that does not wait for answers, programs are loaded and the last packets waited for.
const (
	timeAroundTrial    = 70 * time.Millisecond
	timeAroundOpenLoop = 200 * time.Millisecond
	timeOfCalibration  = 3 * time.Second
)

func timeAround(s scenario.Scenario) time.Duration {
	if s.OpenLoop() {
		return timeAroundOpenLoop
	}
	return timeAroundTrial
}

// expected is how long the cells will take, once per round.
func expected(cells []scenario.Scenario, rounds int, t tester) time.Duration {
	var total time.Duration
	for _, s := range cells {
		total += time.Duration(rounds) * (s.Warmup + s.Duration + timeAround(s))
	}
	if !t.uncalibrated {
		total += time.Duration(len(measure.Testers(cells))) * timeOfCalibration
	}
	return total
}

// printPlan shows what a sweep would measure: its cells by their knobs, how many trials, and how long they take.
func (a *app) printPlan(design scenario.Sweep, o sweepOptions) error {
	var b strings.Builder
	for _, s := range design.Scenarios {
		var pairs []string
		for _, k := range design.Knobs {
			if value, ok := s.Value(k.Key); ok {
				pairs = append(pairs, k.Key+"="+value)
			}
		}
		b.WriteString(strings.Join(pairs, " ") + "\n")
	}
	trials := len(design.Scenarios) * o.rounds
	fmt.Fprintf(&b, "%s (%s design), %s: %s, about %v\n",
		results.Count(len(design.Scenarios), "cell"), o.design, results.Count(o.rounds, "round"), results.Count(trials, "trial"), expected(design.Scenarios, o.rounds, o.tester).Round(time.Second))
	if _, err := a.stdout.Write([]byte(b.String())); err != nil {
		return fmt.Errorf("print plan: %w", err)
	}
	return nil
}

package campaign

import (
	"time"

	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
)

// What trials and calibrations take beside their load, measured on a virtual machine of two CPUs: the scene is built and removed, a process
// starts and, of a load that does not wait for answers, programs are loaded and the last packets waited for.
const (
	timeAroundTrial    = 70 * time.Millisecond
	timeAroundOpenLoop = 200 * time.Millisecond
	timeOfCalibration  = 3 * time.Second
)

// timeOfTrial is the time from the start of a trial to the start of the next.
func timeOfTrial(s scenario.Scenario) time.Duration {
	around := timeAroundTrial
	if s.OpenLoop() {
		around = timeAroundOpenLoop
	}
	return s.Warmup + s.Duration + around
}

// expected is the time that it takes to measure every scenario once per round, calibration included.
func expected(scenarios []scenario.Scenario, rounds int, t Tester) time.Duration {
	var total time.Duration
	for _, s := range scenarios {
		total += time.Duration(rounds) * timeOfTrial(s)
	}
	if !t.Uncalibrated {
		total += time.Duration(len(measure.Testers(scenarios))) * timeOfCalibration
	}
	return total
}

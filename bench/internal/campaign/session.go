package campaign

import (
	"context"
	"errors"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/testbed"
	"tunbench/bench/internal/ui"
	"tunbench/bench/internal/vm"
	"tunbench/results"
	"tunbench/results/report"
)

// session carries out one plan on this host.
type session struct {
	Campaign
	ctx     context.Context // of the preparation
	tester  Tester
	fitted  []scenario.Scenario // the plan's as this host can do them, each once
	options measure.Options
	agrees  func(*results.File) error // whether a file is an earlier part of this work; nil: it cannot be resumed
	resumed time.Time                 // when the file of an earlier sitting was opened; zero if there was none
	atEnd   []func() error
	out     *Outcome
}

func (s *session) close() error {
	var errs []error
	for _, end := range s.atEnd {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// CanMeasure returns nil if measurements can run on this host, else an error that names what the host or user
// lacks.
func CanMeasure() error {
	if err := host.Require(); err != nil {
		return err
	}
	return testbed.Probe()
}

// fit replaces settings of the scenarios that this host cannot do, and says so to the user and in every record.
// First it removes what dead processes left behind.
func (c Campaign) fit(ctx context.Context, p Plan) ([]scenario.Scenario, measure.Options, error) {
	options := measure.Options{DropReasons: p.Tester.DropReasons, Programs: p.Programs}
	options.Machines = &vm.Machines{Waiting: func() { c.Warn("another guest runs on this machine: waiting for its end") }}
	if err := CanMeasure(); err != nil {
		return nil, options, err
	}
	if _, err := dut.Clean(); err != nil {
		c.Warn(err.Error())
	}
	asked := p.Work.scenarios()
	features := measure.ProbeFeatures(asked)
	var err error
	if features.KVM, err = measure.ProbeGuests(ctx, options.Machines, asked); err != nil {
		return nil, options, err
	}
	fitted, lost, err := measure.Fit(asked, features)
	if lost.Generator != "" {
		options.SenderNotes = []string{lost.Generator}
		c.Warn(lost.Generator)
	}
	if lost.Guest != "" {
		c.Warn(lost.Guest)
	}
	if lost.Sink != "" {
		options.SinkNotes = []string{lost.Sink}
		c.Warn(lost.Sink)
	}
	return fitted, options, err
}

// calibrate measures what the tester can do with the loads of the scenarios, unless the plan forbids it. Each
// calibration is one step of progress.
func (s *session) calibrate(ctx context.Context, keep *records, progress *ui.Progress, scenarios ...scenario.Scenario) error {
	if s.tester.Uncalibrated {
		return nil
	}
	titles := titlesOf(measure.Testers(scenarios))
	tester, err := measure.CalibrateAll(ctx, scenarios, func(sc scenario.Scenario) {
		progress.Step("calibrate the tester: " + titles[sc.Name()])
	}, func(c results.Calibration) error { return keep.write(c) })
	s.options.Tester = tester
	return interrupted(ctx, err, keep.trials)
}

// calibrateBefore calibrates with a progress of its own, where the measurement has steps of another length.
func (s *session) calibrateBefore(ctx context.Context, keep *records, scenarios ...scenario.Scenario) error {
	progress := s.Progress(s.calibrations(scenarios))
	progress.Expect(timeOfCalibration)
	defer progress.Done()
	return s.calibrate(ctx, keep, progress, scenarios...)
}

// calibrations is the number of calibrations that the scenarios need.
func (s *session) calibrations(scenarios []scenario.Scenario) int {
	if s.tester.Uncalibrated {
		return 0
	}
	return len(measure.Testers(scenarios))
}

// titlesOf gives each scenario a short name for a line of progress: the settings in which it differs from the
// others.
func titlesOf(scenarios []scenario.Scenario) map[string]string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.Name()
	}
	return report.Titles(names)
}

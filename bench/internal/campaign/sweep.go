package campaign

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/analysis"
)

// Sweep measures the cells of a design once per round, in random orders.
type Sweep struct {
	Cells  []scenario.Scenario `json:"cells"`
	Design results.Sweep       `json:"design"` // all that its record says but when it began and what this host makes of the cells
}

func (*Sweep) kind() string                     { return "sweep" }
func (w *Sweep) scenarios() []scenario.Scenario { return w.Cells }

func (w *Sweep) prepare(s *session) (task, error) {
	record := w.Design
	record.Start = time.Now().UTC()
	for _, cell := range s.fitted {
		record.Scenarios = append(record.Scenarios, cell.Name())
	}
	series := measure.Series{Scenarios: s.fitted, Rounds: record.Rounds, Seed: &record.Seed, Options: s.options}
	s.agrees = func(file *results.File) error {
		if err := sameSweep(s.Out, file, record, host.Fingerprint(s.Args)); err != nil {
			return err
		}
		measured := analysis.Measured(file.Trials)
		series.Measured = func(sc scenario.Scenario, round int) bool { return measured(sc.Name(), round) }
		if series.Trials() == 0 && s.Share == nil {
			return errNothingMissing
		}
		return nil
	}
	return func(ctx context.Context, keep *records) error {
		if err := keep.write(record); err != nil {
			return err
		}
		err := s.series(ctx, keep, series)
		if err != nil && ctx.Err() != nil && s.Out != "" {
			return fmt.Errorf("%w; the same command with --resume measures the rest", err)
		}
		return err
	}, nil
}

// sameSweep returns an error if the sweep in a file differs from this one in design or machine: their trials could
// not be analysed together.
func sameSweep(path string, file *results.File, now results.Sweep, here results.Host) error {
	if len(file.Sweeps) == 0 {
		return usage("--resume: %s is not the file of a sweep", path)
	}
	was, there := file.Sweeps[0], file.Host
	for _, fact := range append([]fact{
		{"words", was.Words, now.Words, slices.Equal(was.Words, now.Words)},
		{"--design", was.Design, now.Design, was.Design == now.Design},
		{"--seed", was.Seed, now.Seed, was.Seed == now.Seed},
		{"-n", was.Rounds, now.Rounds, was.Rounds == now.Rounds},
		{"--metric", was.Metric, now.Metric, was.Metric == now.Metric},
		{"cells", len(was.Scenarios), len(now.Scenarios), slices.Equal(was.Scenarios, now.Scenarios)},
	}, hostFacts(there, here)...) {
		if !fact.same {
			return usage("--resume: %s was begun with other %s: %v, not %v; repeat its command, or begin a new file", path, fact.what, fact.was, fact.now)
		}
	}
	return nil
}

// fact is something that two sittings of one measurement must have in common.
type fact struct {
	what     string
	was, now any
	same     bool
}

// hostFacts are those of machine and program.
func hostFacts(there, here results.Host) []fact {
	return []fact{
		{"host", there.Hostname, here.Hostname, there.Hostname == here.Hostname},
		{"kernel", there.Kernel, here.Kernel, there.Kernel == here.Kernel},
		{"CPU", there.CPUModel, here.CPUModel, there.CPUModel == here.CPUModel},
		{"number of CPUs", there.Cores, here.Cores, there.Cores == here.Cores},
		{"tunbench", there.Version + " " + there.Commit, here.Version + " " + here.Commit, there.Version == here.Version && there.Commit == here.Commit},
	}
}

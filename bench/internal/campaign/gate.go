package campaign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// Gate compares two builds, scenario by scenario, and once more where one looks worse.
type Gate struct {
	Scenarios  []scenario.Scenario `json:"scenarios"`
	Thresholds gate.Thresholds     `json:"thresholds"`
	Length     Length              `json:"length"`    // of each series, whose seed is another each time
	Baseline   string              `json:"baseline"`  // see [program.Workshop.Program]
	Candidate  string              `json:"candidate"` // likewise
	Words      []string            `json:"words"`     // of the command that asks for the same figures, without both programs
}

func (*Gate) kind() string                     { return "gate" }
func (w *Gate) scenarios() []scenario.Scenario { return w.Scenarios }

func (w *Gate) prepare(s *session) (task, error) {
	baseline, candidate, err := s.builds(w.Baseline, w.Candidate)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, keep *records) error {
		g := &gating{session: s, Gate: w, keep: keep}
		if err := s.calibrateBefore(ctx, keep, s.fitted...); err != nil {
			return err
		}
		s.out.Gate, err = g.compare(ctx, baseline, candidate)
		if err != nil {
			return interrupted(ctx, err, keep.trials)
		}
		return keep.write(s.out.Gate.Record())
	}, nil
}

// build is one of the programs to be compared.
type build struct {
	label   string
	word    string // what asks for it again
	variant dut.Variant
}

// builds finds two programs, or makes them, and shows what it is at: where nothing is cached that takes minutes. What was made goes at the
// end of the session.
func (s *session) builds(baseline, candidate string) (a, b build, err error) {
	shop := program.NewWorkshop(".")
	s.atEnd = append(s.atEnd, shop.Close)
	shop.Building = func(what string) func() {
		progress := s.Progress(ui.Unknown)
		progress.Step("build " + what + " (minutes where Go has nothing cached)")
		return progress.Done
	}
	if a, err = findBuild(s.ctx, shop, baseline); err != nil || candidate == baseline {
		return a, a, err
	}
	b, err = findBuild(s.ctx, shop, candidate)
	return a, b, err
}

func findBuild(ctx context.Context, shop *program.Workshop, word string) (build, error) {
	found, err := shop.Program(ctx, word)
	if errors.Is(err, program.ErrNotFound) {
		return build{}, &UsageError{err}
	}
	if err != nil || found.Path == "" {
		return build{label: found.Label}, err
	}
	binary, err := dut.FindBinary(found.Path)
	if err != nil && !found.Built {
		return build{}, usage("%s: %w: want a tunbench binary, the folder of its source, or git:REV", word, err)
	}
	if found.Built {
		binary.Label = found.Label
	}
	return build{label: found.Label, word: found.Word, variant: dut.Variant{Binary: binary}}, err
}

// same says whether two builds are one program, wherever they are from.
func (b build) same(other build) bool {
	return b.variant.Binary.SHA256 == other.variant.Binary.SHA256 && b.variant.Handicap == other.variant.Handicap
}

// name is the program in words: of this program with the commit that it was built from.
func (b build) name(h results.Host) string {
	if b.variant.Binary.Path != "" {
		return b.label
	}
	return strings.TrimSuffix(fmt.Sprintf("%s (%s)", b.label, strings.TrimSpace(h.Version+" "+h.Commit)), " ()")
}

// again is the word that asks for the program another day, in a clone of the repository. A program of uncommitted changes is gone: what
// stands for it is the folder that it was built from.
func (b build) again(h results.Host) string {
	switch {
	case b.word != "":
		return b.word
	case h.Commit == "" || strings.HasSuffix(h.Commit, "+dirty"):
		return "."
	}
	return "git:" + h.Commit
}

// gating is a gate on its way.
type gating struct {
	*session
	*Gate
	keep *records
	made int // series, in the file
}

// compare makes every series of two builds.
func (g *gating) compare(ctx context.Context, baseline, candidate build) (gate.Report, error) {
	names := make([]string, len(g.fitted))
	for i, s := range g.fitted {
		names[i] = s.Name()
	}
	report, err := gate.Gate{
		Scenarios: names, Thresholds: g.Thresholds,
		Measure: func(ctx context.Context, i int, label string) (gate.Series, error) {
			arms := [2]measure.Arm{{Scenario: g.fitted[i], Variant: baseline.variant}, {Scenario: g.fitted[i], Variant: candidate.variant}}
			return g.series(ctx, arms, label)
		},
	}.Run(ctx)
	h := g.keep.file.Host
	report.Host, report.Baseline, report.Candidate = h, baseline.name(h), candidate.name(h)
	report.Repeat = append([]string{"gate", "--baseline", baseline.again(h), "--candidate", candidate.again(h)}, g.Words...)
	if baseline.same(candidate) {
		report.Notes = []string{"baseline and candidate are the same program"}
	}
	return report, err
}

// series compares both programs in one scenario.
func (g *gating) series(ctx context.Context, arms [2]measure.Arm, label string) (gate.Series, error) {
	number := g.made
	g.made++
	length := g.Length
	length.Seed += uint64(number)
	progress := g.Progress(length.trials())
	progress.Expect(timeOfTrial(arms[1].Scenario))
	defer progress.Done()
	made, err := comparing{
		arms: arms, options: g.options, length: length, number: number,
		judging: g.Thresholds.CompareOptions(), deciding: g.Thresholds.Requires,
		keep: g.keep, progress: progress, label: label + " · ",
	}.run(ctx)
	series := gate.Series{Comparisons: made, Trials: g.keep.series(number)}
	if failed := (*measure.ArmError)(nil); errors.As(err, &failed) && ctx.Err() == nil {
		series.Failure, series.FailedArm, err = err.Error(), failed.Arm, nil
	}
	return series, err
}

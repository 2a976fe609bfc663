package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tunbench/bench/internal/bisect"
	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/results"
	"tunbench/results/report"
)

// Bisect finds the commit that made our forwarder, or one program, slower. Each step is a [Gate] between the good
// commit and another.
type Bisect struct {
	Scenarios  []scenario.Scenario `json:"scenarios"`
	Thresholds gate.Thresholds     `json:"thresholds"`
	Length     Length              `json:"length"` // of each series; see Again
	Good       string              `json:"good"`   // a revision
	Bad        string              `json:"bad"`    // a later one
	// Again is how often a step that is inconclusive is measured once more, each time with twice as many rounds.
	Again int      `json:"again"`
	Words []string `json:"words"` // of a gate that repeats a step, without --baseline and --candidate
}

// Bisected is what a Bisect found.
type Bisected struct {
	Commits []program.Commit // from the good one to the bad one
	Steps   []BisectStep
	Result  bisect.Result
}

// BisectStep is one comparison of two commits.
type BisectStep struct {
	Earlier, Commit int // places among the commits
	Verdict         bisect.Verdict
	Why             string      // it was skipped; "" if it was not
	Report          gate.Report // of the last time that it was measured; empty if it was skipped
	Rounds          int         // of all times
}

func (*Bisect) kind() string                     { return "bisect" }
func (w *Bisect) scenarios() []scenario.Scenario { return w.Scenarios }

// Check returns a [*UsageError] if the scenarios have no builds that can be compared.
func (w *Bisect) Check() error { return (&Gate{Scenarios: w.Scenarios}).Check() }

func (w *Bisect) prepare(s *session) (task, error) {
	file := s.programOf(w.Scenarios[0])
	shop := s.workshop()
	commits, err := shop.History(s.ctx, file, w.Good, w.Bad)
	if errors.Is(err, program.ErrNotFound) {
		err = &UsageError{err}
	}
	if err != nil {
		return nil, err
	}
	good, err := s.buildOf(shop, file, commits[0].Revision())
	if err != nil {
		return nil, fmt.Errorf("the good commit: %w", err)
	}
	s.out.Bisected = &Bisected{Commits: commits}
	return func(ctx context.Context, keep *records) error {
		b := &bisecting{
			session: s, Bisect: w, Bisected: s.out.Bisected, shop: shop, file: file, builds: map[int]build{0: good},
			gating: gating{session: s, Gate: &Gate{Scenarios: w.Scenarios, Thresholds: w.Thresholds, Length: w.Length, Words: w.Words}, keep: keep},
		}
		if err := s.calibrateBefore(ctx, keep, s.fitted...); err != nil {
			return err
		}
		b.Result, err = bisect.Search{Commits: len(commits), Judge: b.judge}.Run(ctx)
		if err != nil {
			return interrupted(ctx, err, keep.trials)
		}
		return keep.write(b.record())
	}, nil
}

// bisecting is a Bisect while it is measured.
type bisecting struct {
	*session
	*Bisect
	*Bisected
	gating gating
	shop   *program.Workshop
	file   *program.File
	builds map[int]build // by place among the commits
}

// judge compares two commits. After the first step only figures that were worse there are looked at.
func (b *bisecting) judge(ctx context.Context, earlier, commit int) (bisect.Verdict, error) {
	step := BisectStep{Earlier: earlier, Commit: commit}
	built, err := b.build(ctx, commit)
	switch {
	case err != nil && mustEnd(ctx, err):
		return "", err
	case err != nil:
		step.Verdict, step.Why = bisect.Skipped, report.Brief(err.Error())
	default:
		if err := b.measure(ctx, &step, built); err != nil {
			return "", err
		}
	}
	b.Steps = append(b.Steps, step)
	if len(b.Steps) == 1 && step.Verdict == bisect.Slower {
		b.lookAtWorse(step.Report)
	}
	b.say(step)
	return step.Verdict, nil
}

// say warns of a commit that is passed over, which the user can do something about.
func (b *bisecting) say(step BisectStep) {
	if step.Why != "" {
		b.Warn(fmt.Sprintf("%s is skipped: %s", b.Commits[step.Commit].Hash, step.Why))
	}
}

// build makes a commit's program, once.
func (b *bisecting) build(ctx context.Context, commit int) (build, error) {
	if built, ok := b.builds[commit]; ok {
		return built, nil
	}
	b.session.ctx = ctx
	built, err := b.buildOf(b.shop, b.file, b.Commits[commit].Revision())
	if err == nil {
		b.builds[commit] = built
	}
	return built, err
}

// mustEnd says of an error of a build that other commits would have it too.
func mustEnd(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.As(err, new(*program.ToolError))
}

// measure makes the comparison, with more rounds where it is inconclusive.
func (b *bisecting) measure(ctx context.Context, step *BisectStep, built build) (err error) {
	gating := b.gating
	length := *b.gating.Gate
	gating.Gate = &length
	defer func() { b.gating.made = gating.made }()
	for again := 0; ; again++ {
		gating.label = fmt.Sprintf("%s, step %d · ", b.Commits[step.Commit].Hash, len(b.Steps)+1)
		step.Report, err = gating.compare(ctx, b.builds[step.Earlier], built)
		if err != nil {
			return err
		}
		if err := b.gating.keep.write(step.Report.Record()); err != nil {
			return err
		}
		step.Rounds += rounds(step.Report)
		step.Verdict, step.Why = verdictOf(step.Report)
		if step.Verdict != bisect.Open || again == b.Again {
			return nil
		}
		length.Length.MaxRounds *= 2
	}
}

// verdictOf is what a gate's verdict means for the search: a commit that fails where the earlier one does not cannot be
// measured.
func verdictOf(r gate.Report) (v bisect.Verdict, why string) {
	switch r.Verdict() {
	case results.GatePassed:
		return bisect.Fine, ""
	case results.GateWorse:
		return bisect.Slower, ""
	case results.GateFailed:
		for _, s := range r.Scenarios {
			for _, failure := range s.Failures() {
				return bisect.Skipped, failure
			}
		}
		return bisect.Skipped, r.Headline()
	}
	return bisect.Open, ""
}

// rounds counts those of all series.
func rounds(r gate.Report) (n int) {
	for _, s := range r.Scenarios {
		for _, series := range s.Series {
			most := 0
			for _, t := range series.Trials {
				most = max(most, t.Round+1)
			}
			n += most
		}
	}
	return n
}

// lookAtWorse leaves out what was not worse between the good and the bad commit: what others changed in between must not
// lead the search astray.
func (b *bisecting) lookAtWorse(r gate.Report) {
	thresholds := b.gating.Thresholds
	thresholds.Metrics = map[results.Metric]gate.Threshold{}
	session := *b.session
	session.fitted = nil
	worse := map[results.Metric]bool{}
	for i, s := range r.Scenarios {
		has := false
		for _, f := range s.Findings {
			if f.Required && f.Outcome == gate.Worse {
				worse[f.First.Metric], has = true, true
			}
		}
		if has {
			session.fitted = append(session.fitted, b.session.fitted[i])
		}
	}
	for m, t := range b.gating.Thresholds.Metrics {
		t.Required = worse[m]
		t.Named = t.Named && worse[m]
		thresholds.Metrics[m] = t
	}
	b.gating.session = &session
	gateOf := *b.gating.Gate
	gateOf.Thresholds = thresholds
	b.gating.Gate = &gateOf
}

// Decisive is the figure that a step's verdict rests on: one that is worse, else one that is open, else the first that is
// required; nil if there is none.
func (s BisectStep) Decisive() *gate.Finding {
	var all []gate.Finding
	for _, scenario := range s.Report.Scenarios {
		for _, f := range scenario.Findings {
			if f.Required {
				all = append(all, f)
			}
		}
	}
	for _, outcome := range []gate.Outcome{gate.Worse, gate.Inconclusive} {
		if i := slices.IndexFunc(all, func(f gate.Finding) bool { return f.Outcome == outcome }); i >= 0 {
			return &all[i]
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

// record is the answer as it is kept.
func (b *Bisected) record() results.Bisect {
	r := results.Bisect{
		Answer: string(b.Result.Answer), Headline: b.Headline(),
		Good: b.Commits[0].Hash, Bad: b.Commits[len(b.Commits)-1].Hash,
	}
	for _, c := range b.Suspects() {
		r.Suspects = append(r.Suspects, results.BisectCommit{Commit: c.Hash, Subject: c.Subject, Merge: c.Merge})
	}
	for _, s := range b.Steps {
		step := results.BisectStep{
			Commit: b.Commits[s.Commit].Hash, ComparedWith: b.Commits[s.Earlier].Hash, Verdict: string(s.Verdict), Why: s.Why, Rounds: s.Rounds,
		}
		if f := s.Decisive(); f != nil {
			step.Metric, step.Ratio, step.Low, step.High = f.First.Metric, f.First.Ratio, f.First.Low, f.First.High
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

// Suspects are the commits that may be the slow one; none where the bad one is not slower, or where nothing was learned about any.
func (b *Bisected) Suspects() []program.Commit {
	switch b.Result.Answer {
	case bisect.NotSlower, bisect.Unknown, "":
		return nil
	}
	return b.Commits[b.Result.First : b.Result.Last+1]
}

// Headline is the answer in a sentence.
func (b *Bisected) Headline() string {
	good, bad := b.Commits[0].Hash, b.Commits[len(b.Commits)-1].Hash
	first, last := b.Commits[b.Result.First], b.Commits[b.Result.Last]
	switch b.Result.Answer {
	case bisect.Found:
		text := fmt.Sprintf("%s is the first slower commit: %s", first.Hash, first.Subject)
		if first.Merge {
			text += " (a merge: bisect the branch that it brought in)"
		}
		return text
	case bisect.NotSlower:
		return fmt.Sprintf("not reproducible: %s is not slower than %s", bad, good)
	case bisect.Several:
		return fmt.Sprintf("one of %d commits from %s to %s is the first slower one: those between cannot be measured or decided", b.Result.Last-b.Result.First+1, first.Hash, last.Hash)
	case bisect.Unsure:
		return fmt.Sprintf("not confirmed: the search ended at %s, which is not shown to be slower than the commit before it", last.Hash)
	}
	return fmt.Sprintf("inconclusive: %s itself could not be compared with %s", bad, good)
}

package results

// Odd is something odd about records that a reader of their figures must know, as numbers. Package report puts it in words.
type Odd interface{ odd() }

// Of the trials of one scenario.
func (TrialsInterrupted) odd() {}
func (TrialsFailed) odd()      {}
func (TrialsSuspect) odd()     {}
func (TrialsSay) odd()         {}
func (DoneWithout) odd()       {}

// Of a run as a whole.
func (RunStopped) odd()     {}
func (LineOdd) odd()        {}
func (PartUnfinished) odd() {}
func (CPUsMoved) odd()      {}

// Of a series of two arms.
func (OfArm) odd()              {}
func (RoundsTooFew) odd()       {}
func (RoundsTooFewToShow) odd() {}
func (RoundsNothing) odd()      {}
func (RoundsWithoutRatio) odd() {}
func (RoundsIncomplete) odd()   {}
func (RoundsAlike) odd()        {}
func (RoundsFarOff) odd()       {}
func (RatioDrifted) odd()       {}
func (RatiosTwofold) odd()      {}
func (ControlMoved) odd()       {}
func (SeriesFailed) odd()       {}

// Of a sweep.
func (CombinationsDropped) odd() {}
func (SeveralSittings) odd()     {}
func (TrialsMissing) odd()       {}
func (NoLogarithm) odd()         {}
func (LevelGone) odd()           {}
func (NoIntervals) odd()         {}
func (FewRounds) odd()           {}
func (RoundsDrifted) odd()       {}

// Of a soak.
func (MetricDrifted) odd() {}
func (MemoryGrew) odd()    {}

// Of two files.
func (OfFile) odd()         {}
func (OfScenario) odd()     {}
func (RowsTooFew) odd()     {}
func (RowsHopeless) odd()   {}
func (NothingThrough) odd() {}
func (NothingInBoth) odd()  {}
func (NewFails) odd()       {}
func (NoCommonMetric) odd() {}
func (NoCounterpart) odd()  {}

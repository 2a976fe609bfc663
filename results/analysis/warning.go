package analysis

// Warning is something odd about trials, a run or a comparison that a reader of the figures must know. It holds the numbers; package report
// makes the sentence.
type Warning interface{ warning() }

// Of the trials of one scenario.
func (TrialsInterrupted) warning() {}
func (TrialsFailed) warning()      {}
func (TrialsSuspect) warning()     {}
func (TrialsSay) warning()         {}
func (DoneWithout) warning()       {}

// Of a run as a whole.
func (RunStopped) warning()     {}
func (LineOdd) warning()        {}
func (PartUnfinished) warning() {}
func (CPUsMoved) warning()      {}

// Of a series of two arms.
func (OfArm) warning()              {}
func (RoundsTooFew) warning()       {}
func (RoundsTooFewToShow) warning() {}
func (RoundsNothing) warning()      {}
func (RoundsWithoutRatio) warning() {}
func (RoundsIncomplete) warning()   {}
func (RoundsAlike) warning()        {}
func (RoundsFarOff) warning()       {}
func (RatioDrifted) warning()       {}
func (RatiosTwofold) warning()      {}
func (ControlMoved) warning()       {}
func (SeriesFailed) warning()       {}

// Of a sweep.
func (CombinationsDropped) warning() {}
func (SeveralSittings) warning()     {}
func (TrialsMissing) warning()       {}
func (NoLogarithm) warning()         {}
func (LevelGone) warning()           {}
func (NoIntervals) warning()         {}
func (FewRounds) warning()           {}
func (RoundsDrifted) warning()       {}

// Of a soak.
func (MetricDrifted) warning() {}
func (MemoryGrew) warning()    {}

// Of two files.
func (OfFile) warning()         {}
func (OfScenario) warning()     {}
func (RowsTooFew) warning()     {}
func (RowsHopeless) warning()   {}
func (NothingThrough) warning() {}
func (NothingInBoth) warning()  {}
func (NewFails) warning()       {}
func (NoCommonMetric) warning() {}
func (NoCounterpart) warning()  {}

// Package analysis makes figures of records. It writes no sentence: what is odd is a [Warning], a type for each kind with its numbers, which
// package report puts in words.
//
// [Summarize] takes the repeats of each scenario together. [Compare] sets two arms against each other that were measured in turns,
// [CompareFiles] two result files; both judge by the one table of outcomes in outcome.go where a figure is zero or absent, and by the
// statistics of package stat elsewhere. [EffectsOf] tells which knobs of a sweep mattered, [Trend] how a figure changed over a soak. [FileWarnings],
// [TrialWarnings], [SeriesWarnings], [SweepWarnings] and [SoakWarnings] say what a reader of the figures must know.
//
// Trials that failed or were interrupted never enter a figure ([results.Trial.Usable]); they are counted and named in warnings instead.
package analysis

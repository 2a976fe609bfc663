// Package search finds the highest loads that meet given loss goals: the
// Controller of RFC 9971 (MLRsearch).
//
// The RFC parts a search in three. The Manager prepares the scene, calls the
// Controller once and reports; the Measurer makes one trial; the Controller, which
// is [Run], decides which load to try next and for how long, until every [Goal] has
// a lower and an upper bound no further apart than its width.
//
// Run is pure: it does no I/O, reads no clock and starts no goroutine. All it knows
// of time are the effective durations of the trials, so that a simulated [Measurer]
// tests it completely.
//
// How it gets there with few trials (the RFC leaves the strategy open):
//
//   - One short trial at the maximum load gives a first guess: what is forwarded there.
//   - Each goal goes through stages, from short trials and a wide interval to its own
//     durations and width; each stage starts where the one before ended.
//   - Away from what is known, steps grow geometrically; between two bounds the
//     interval is split on a logarithmic axis in units of the width.
//   - Every trial counts for every goal. The goals take turns: the coarsest stage
//     first, and at the same stage the smallest load, because a bound found at a small
//     load can make a larger one irrelevant and never the other way round.
package search

// Package stat is the statistics on which verdicts rest: pure functions of plain series of values, which know nothing of trials, records or
// units. A value is what one fresh trial gave; samples from within a trial resemble one another and are no values in this sense.
//
// # Which to use
//
// Two arms measured in turns, round by round: take the logarithm of each round's ratio, which makes twice as fast and half as fast equally
// far from 0 and cancels what both arms of a round had to suffer. [HodgesLehmann] is the centre of these, [SignedRankInterval] its interval,
// [SignedRank] the test of no difference; where the two arms are alike, log ratios are symmetric about 0 however skewed the arms are, which is
// all that these take for granted, and they hold exactly for any number of rounds. [BootstrapInterval] does not need the symmetry and is the
// one to show where the arms differ in shape; its confidence is approximate. math.Exp turns the ends back into ratios.
//
// Two files measured apart, not in pairs: [MannWhitney] is the test, [MedianInterval] describes either side, both as benchstat has them. No
// test makes up for what changed on the machine between the two.
//
// Several metrics judged at once: [Holm] adjusts their p-values, so that all of them together raise a false alarm as seldom as one.
//
// That nothing changed is not shown by a large p-value, but by an interval within ±margin ([Interval.Within]). What lies neither within the margin
// nor clear of 0 is inconclusive; [Detectable] says what the series would have shown.
//
// Whether a series is fit to be judged: [RankTrend] for drift, [Autocorrelation] for values that follow one another, [Bimodal] for two states
// that the machine went back and forth between, [Outliers] for values to label. They are for warnings; nothing is dropped on their account.
// [Slope] and [RankCorrelation] do the same for a series at irregular times.
//
// A figure of many runs over weeks: [ChangePoints] finds where its level changed, also if neighbouring runs resemble each other.
//
// Several machines that compared the same: [RandomEffects] is their mean with its interval, and how far the machines lie apart; [Heterogeneity] tests
// whether they do at all, [GroupDifference] whether a property of theirs goes with it. Their values are never thrown together.
//
// What a model of several factors says of a figure: [LeastSquares] fits it to any of its columns, [StudentQuantile] makes intervals of its
// coefficients.
//
// # Answers and errors
//
// No routine answers with NaN or infinity, none changes what it is given, and each gives the same answer to the same values: what is drawn at
// random has its own seeded source. p-values are two-sided. Instead of an answer there may be [ErrTooFew] values for one, [ErrNotFinite] for
// NaN, infinities and magnitudes above 1e150, [ErrLevel] for a confidence or power that is none, and [ErrUnpaired] for pairs that are not.
package stat

// Package results is what a measurement leaves behind: the records of one run and the file that they are kept in. It computes nothing and knows
// nothing of how a figure was measured; package analysis makes figures of records, package report shows them.
//
// A result file is JSON Lines: one record per line, a [Host] first, an [End] last, between them one [Trial] per measurement and, where they
// were asked for, the [Calibration] of the tester, the design of a [Sweep], and what came of a [Search], a [Burst], a [Soak], a [Comparison] or
// a [Gate].
//
// [Create] makes such a file and [Resume] goes on with it: every record is on the disk before the next is measured, so that a crash loses at
// most the trial in flight. [Read] reads a file back, also one of an older [Schema], and says what is missing. Raw figures stay in the file:
// [Metrics] names those of a trial, and what they say together is computed whenever the file is read.
package results

// Package results is what is known after a measurement: the records of one run, the file they are kept in, their summary over repeats
// and the table that shows it. It knows nothing of how a figure was measured.
//
// A result file is JSON Lines: one record per line, a [Host] first, then one [Trial] per measurement, an [End] last. [Create] writes such a
// file so that a crash loses at most the trial in flight; [Read] reads it back and says what is missing. Raw figures stay in the file;
// [Summarize] computes medians and spreads when they are read.
package results

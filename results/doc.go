// Package results is what is known after a measurement: the records of one run, the file they are kept in, their summary over repeats
// and the tables that show it. It knows nothing of how a figure was measured.
//
// A result file is JSON Lines: one record per line, a [Host] first, an [End] last, between them one [Trial] per measurement and, where they
// were asked for, the [Calibration] of the tester the
// design of a [Sweep], and what came of a [Search], a [Burst] or a [Soak]. [Create] writes such a file, [Resume] goes on with it, so that a
// crash loses at most the trial in flight; [Read] reads it back and says what is missing. Raw figures stay in the file; [analysis.Summarize] computes
// medians and spreads when they are read,
// [analysis.EffectsOf] which knobs of a sweep mattered, [report.Table] shows them, and [report.WriteHdrLog] hands the latencies to the tools of HdrHistogram.
package results

package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tunbench/results"
)

// WriteHdrLog writes the latencies of a file in the interval log format of HdrHistogram, version 1.3, for its many viewers: a line per trial
// that has a latency histogram and neither failed nor was interrupted. Lines have the scenario as their tag, followed by arm and phase where
// the trial has them; times are seconds since the base time that the log names, histograms are in nanoseconds, maxima in milliseconds. A
// ping-pong trial's histogram is that of its round trips. A file without any such trial gives a log without lines.
func WriteHdrLog(w io.Writer, f *results.File) error {
	trials := loggable(f.Trials)
	var base time.Time
	for i, t := range trials {
		if i == 0 || t.Start.Before(base) {
			base = t.Start
		}
	}
	baseMs := base.Truncate(time.Second).UnixMilli() // the log has whole seconds
	log := hdrhistogram.NewHistogramLogWriter(w)
	log.SetBaseTime(baseMs)
	if err := writeLogHead(log, f.Host, baseMs, len(trials)); err != nil {
		return fmt.Errorf("write histogram log: %w", err)
	}
	for _, t := range trials {
		if err := writeInterval(log, t); err != nil {
			return fmt.Errorf("write histogram log: %s: %w", t.Scenario, err)
		}
	}
	return nil
}

// loggable is the trials with latencies that may enter a summary.
func loggable(trials []results.Trial) []results.Trial {
	var out []results.Trial
	for _, t := range trials {
		if d := logged(t); d != nil && d.Histogram != "" && t.Usable() {
			out = append(out, t)
		}
	}
	return out
}

// logged is the distribution that stands for a trial.
func logged(t results.Trial) *results.Distribution {
	if t.LatencyNs != nil {
		return t.LatencyNs
	}
	return t.RoundTripNs
}

// writeLogHead writes what stands before the intervals. A log without intervals has no times.
func writeLogHead(log *hdrhistogram.HistogramLogWriter, h results.Host, baseMs int64, intervals int) error {
	if err := log.OutputComment("[" + Fingerprint(h) + "]"); err != nil {
		return err
	}
	if err := log.OutputLogFormatVersion(); err != nil {
		return err
	}
	if intervals > 0 {
		if err := log.OutputBaseTime(baseMs); err != nil {
			return err
		}
		if err := log.OutputStartTime(baseMs); err != nil {
			return err
		}
	}
	return log.OutputLegend()
}

func writeInterval(log *hdrhistogram.HistogramLogWriter, t results.Trial) error {
	h, err := logged(t).Decode()
	if err != nil {
		return err
	}
	h.SetTag(tag(t))
	h.SetStartTimeMs(t.Start.UnixMilli())
	h.SetEndTimeMs(t.Start.Add(time.Duration(t.DurationS * float64(time.Second))).UnixMilli())
	return log.OutputIntervalHistogram(h)
}

// tag names a trial where names hold neither commas nor spaces.
func tag(t results.Trial) string {
	name := t.Scenario
	if t.Arm != "" {
		name += "/arm=" + t.Arm
	}
	if t.Phase != results.PhasePlain {
		name += "/phase=" + string(t.Phase)
	}
	return strings.Map(func(r rune) rune {
		if r == ',' || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, name)
}

package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// interval is what a log says of one trial.
type interval struct {
	tag        string
	start, end time.Time // to the millisecond
	count, max int64     // of nanoseconds
}

// readHdrLog reads a log as other tools do.
func readHdrLog(t *testing.T, log []byte) []interval {
	t.Helper()
	reader := hdrhistogram.NewHistogramLogReader(bytes.NewReader(log))
	var out []interval
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return out
		}
		out = append(out, interval{h.Tag(), time.UnixMilli(h.StartTimeMs()).UTC(), time.UnixMilli(h.EndTimeMs()).UTC(), h.TotalCount(), h.Max()})
	}
}

func TestHdrLogRoundTrip(t *testing.T) {
	start := fixture.Start.Truncate(time.Second).Add(250 * time.Millisecond)
	trial := func(scenario string, after time.Duration, ns ...int64) results.Trial {
		return results.Trial{Scenario: scenario, Start: start.Add(after), DurationS: 1.5, Traffic: results.Traffic{LatencyNs: fixture.Distribution(t, ns...)}}
	}
	comma := trial("size=imix:7,4,1 or so\n", 10*time.Second, 5000)
	latency := trial("dut=veth", 2*time.Second, 7000, 9_000_000)
	latency.Phase, latency.Arm = results.PhaseLatency, "B"
	early := trial("early", -3*time.Second, 1)
	roundTrip := results.Trial{Scenario: "load=pingpong", Start: start, DurationS: 1.5, Traffic: results.Traffic{RoundTripNs: fixture.Distribution(t, 4000)}}
	failed, interrupted := trial("failed", 0, 1), trial("interrupted", 0, 1)
	failed.Error, interrupted.Interrupted = "gone", true
	bare := trial("bare", 0, 1)
	bare.LatencyNs.Histogram = ""

	var log bytes.Buffer
	f := fixture.File(fixture.Host(), trial("dut=forwarder/size=64", 0, 1000, 2000, 3000), comma, latency, early, roundTrip, failed, interrupted, bare,
		results.Trial{Scenario: "proto=tcp"})
	if err := WriteHdrLog(&log, f); err != nil {
		t.Fatal(err)
	}
	line := func(tag string, after time.Duration, d *results.Distribution) interval {
		return interval{tag, start.Add(after), start.Add(after + 1500*time.Millisecond), d.Count, d.Max}
	}
	want := []interval{
		line("dut=forwarder/size=64", 0, f.Trials[0].LatencyNs),
		line("size=imix:7_4_1_or_so_", 10*time.Second, comma.LatencyNs),
		line("dut=veth/arm=B/phase=latency", 2*time.Second, latency.LatencyNs),
		line("early", -3*time.Second, early.LatencyNs),
		line("load=pingpong", 0, roundTrip.RoundTripNs),
	}
	if diff := cmp.Diff(want, readHdrLog(t, log.Bytes()), cmp.AllowUnexported(interval{})); diff != "" {
		t.Errorf("read back (-want +got):\n%s\nof the log\n%s", diff, log.String())
	}
	fixture.Golden(t, "latency.hlog", log.String())
}

func TestHdrLogEmpty(t *testing.T) {
	var log bytes.Buffer
	if err := WriteHdrLog(&log, &results.File{}); err != nil {
		t.Fatal(err)
	}
	if lines := readHdrLog(t, log.Bytes()); lines != nil {
		t.Errorf("intervals %v", lines)
	}
	if !strings.Contains(log.String(), "format version 1.3") || strings.Contains(log.String(), "StartTime:") {
		t.Errorf("head %q", log.String())
	}
}

// fullWriter takes so many bytes and no more.
type fullWriter struct{ room int }

var errFull = errors.New("no room")

func (w *fullWriter) Write(p []byte) (int, error) {
	if w.room -= len(p); w.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestHdrLogFails(t *testing.T) {
	f := fixture.File(fixture.FullTrial(t))
	f.Trials[0].Error, f.Trials[0].Interrupted = "", false
	var log bytes.Buffer
	if err := WriteHdrLog(&log, f); err != nil {
		t.Fatal(err)
	}
	for room := range log.Len() {
		if err := WriteHdrLog(&fullWriter{room}, f); !errors.Is(err, errFull) {
			t.Fatalf("room for %d bytes: %v, want the writer's error", room, err)
		}
	}
	f.Trials[0].LatencyNs.Histogram = "nonsense"
	if err := WriteHdrLog(&log, f); err == nil || !strings.Contains(err.Error(), f.Trials[0].Scenario) {
		t.Errorf("a broken histogram: %v, want an error naming the trial", err)
	}
}

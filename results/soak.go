package results

import "time"

// Soak sums up one load that was held for a long time. Its intervals are trial records with [PhaseInterval].
type Soak struct {
	Scenario    string    `json:"scenario"`
	Start       time.Time `json:"start"`               // UTC
	DurationS   float64   `json:"duration_s,omitzero"` // from the start of the first interval to the end of the last
	Intervals   int       `json:"intervals"`
	LostPackets *int64    `json:"lost_packets,omitempty"` // absent where packets are not counted one by one
	Interrupted bool      `json:"interrupted,omitempty"`  // ended before its time
	Drifts      []Drift   `json:"drifts,omitempty"`
	Memory      []Memory  `json:"memory,omitempty"`
	Warnings    []string  `json:"warnings,omitempty"`
	Error       string    `json:"error,omitempty"` // why it failed
}

// Drift is how a metric changed over a soak; analysis.Trend computes it.
type Drift struct {
	Metric          Metric   `json:"metric"`
	Median          float64  `json:"median"`            // of the intervals, in the metric's own unit
	ChangeRatio     float64  `json:"change_ratio"`      // fitted change over the whole time, relative to the median
	RankCorrelation float64  `json:"rank_correlation"`  // Spearman's, with time: 1 always grew, -1 always fell
	PValue          *float64 `json:"p_value,omitempty"` // two-sided; absent for too few values
}

// Process is one whose memory a soak watches.
type Process string

// The processes of a soak.
const (
	ProcessDUT    Process = "dut"
	ProcessTester Process = "tester"
)

// Memory is the resident memory of a process during a soak.
type Memory struct {
	Process            Process `json:"process"`
	FirstBytes         int64   `json:"first_bytes"`
	LastBytes          int64   `json:"last_bytes"`
	GrowthBytesPerHour float64 `json:"growth_bytes_per_hour"` // fitted slope; below zero: it shrank
}

// Kind implements [Record].
func (Soak) Kind() Kind { return KindSoak }

func (s Soak) line() any {
	return struct {
		header
		Soak
	}{header{Schema, KindSoak}, s}
}

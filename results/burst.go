package results

import "time"

// Burst is the longest run of packets back to back, at the highest rate the generator has, that arrives without loss (RFC 9004).
type Burst struct {
	Scenario         string       `json:"scenario"`
	Start            time.Time    `json:"start"` // UTC
	Repetitions      []Repetition `json:"repetitions,omitempty"`
	LongestPackets   *PacketRange `json:"longest_packets,omitempty"`    // over the repetitions
	CorrectedPackets *float64     `json:"corrected_packets,omitempty"`  // what the DUT held, without what it forwarded meanwhile (RFC 9004, section 6)
	CorrectedBufferS *float64     `json:"corrected_buffer_s,omitempty"` // the same as a time at the highest rate: the corrected DUT buffer time
	LimitPackets     *int64       `json:"limit_packets,omitempty"`      // the search stopped here: the DUT never lost
	Error            string       `json:"error,omitempty"`              // why it failed
}

// Repetition is one search for the longest burst and how long that lasted.
type Repetition struct {
	Packets   int64   `json:"packets"`
	DurationS float64 `json:"duration_s"`
}

// PacketRange is a number of packets over several repetitions.
type PacketRange struct {
	Mean   float64 `json:"mean"`
	StdDev float64 `json:"std_dev"` // of the sample; 0 for one repetition
	Median float64 `json:"median"`
	Min    int64   `json:"min"`
	Max    int64   `json:"max"`
}

// Kind implements [Record].
func (Burst) Kind() Kind { return KindBurst }

func (b Burst) line() any {
	return struct {
		header
		Burst
	}{header{Schema, KindBurst}, b}
}

package results

// Traffic is what was offered and what became of it, in one direction or summed over both.
type Traffic struct {
	IntendedPps   *float64      `json:"intended_pps,omitempty"`   // absent at maximum load
	OfferedPps    *float64      `json:"offered_pps,omitempty"`    // what the generator brought out (RFC 2285, 3.5)
	ForwardedPps  *float64      `json:"forwarded_pps,omitempty"`  // what the sink counted
	LossRatio     *float64      `json:"loss_ratio,omitempty"`     // 0 to 1, of the intended load; at maximum load that is the offered one; absent where no packet was due
	ThroughputBps *float64      `json:"throughput_bps,omitempty"` // bits of IP packets (UDP) or of payload (TCP) per second at the sink
	LatencyNs     *Distribution `json:"latency_ns,omitempty"`     // one way, from the intended send time
	RoundTripNs   *Distribution `json:"round_trip_ns,omitempty"`  // ping-pong, one packet in flight
	Superpackets  *int64        `json:"superpackets,omitempty"`   // of the segments received, how many GSO packets brought them
	Duplicated    *int64        `json:"duplicated,omitempty"`
	Reordered     *int64        `json:"reordered,omitempty"`
	Corrupt       *int64        `json:"corrupt,omitempty"` // arrived with a payload that is not as it was sent
	Ledger        Ledger        `json:"ledger,omitempty"`
}

// DirectionName is one way through the device under test.
type DirectionName string

// The two directions.
const (
	AToB DirectionName = "a_to_b"
	BToA DirectionName = "b_to_a"
)

// Direction is the share of one direction in a trial with traffic both ways.
type Direction struct {
	Direction DirectionName `json:"direction"`
	Traffic
}

// TCP is what the kernel's TCP_INFO said about all streams together.
type TCP struct {
	Streams     int      `json:"streams"`
	Retransmits *int64   `json:"retransmits,omitempty"` // segments, during the effective duration
	RTTUs       *float64 `json:"rtt_us,omitempty"`      // mean over the streams of the smoothed round-trip time
}

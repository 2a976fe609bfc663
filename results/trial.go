package results

import "time"

// Trial is one measurement: the load that was asked for and what became of it, during one effective duration (warm-up and drain excluded).
// A pointer that is nil and a slice that is empty mean "does not apply" and are absent from the file; a measured zero is written
// (LossRatio: new(0.0)). Packets are segments: wire-size packets, superpackets opened up.
type Trial struct {
	Scenario    string      `json:"scenario"`            // canonical name: sorted key=value pairs joined by '/'
	Round       int         `json:"round"`               // from 0
	Arm         string      `json:"arm,omitempty"`       // "A" or "B" of a comparison
	Start       time.Time   `json:"start"`               // of the effective duration; UTC
	DurationS   float64     `json:"duration_s,omitzero"` // effective duration; absent if the trial failed before it
	Traffic                 // sums over both directions where dir=bi
	Directions  []Direction `json:"directions,omitempty"` // each way for itself; dir=bi only
	CPU         *CPU        `json:"cpu,omitempty"`
	Queues      []Queue     `json:"queues,omitempty"` // by queue index
	TCP         *TCP        `json:"tcp,omitempty"`
	DUT         *DUT        `json:"dut,omitempty"`
	Qdisc       string      `json:"qdisc,omitempty"` // root qdisc of the sending device, as the kernel names it
	Sender      *Sender     `json:"sender,omitempty"`
	LimitedBy   string      `json:"limited_by,omitempty"`  // what held the forwarded load down
	Interrupted bool        `json:"interrupted,omitempty"` // stopped before its time; its figures are partial
	Error       string      `json:"error,omitempty"`       // why it failed
}

// Traffic is what was offered and what became of it, in one direction or summed over both.
type Traffic struct {
	IntendedPps   *float64      `json:"intended_pps,omitempty"`   // absent at maximum load
	OfferedPps    *float64      `json:"offered_pps,omitempty"`    // what the generator brought out (RFC 2285, 3.5)
	ForwardedPps  *float64      `json:"forwarded_pps,omitempty"`  // what the sink counted
	LossRatio     *float64      `json:"loss_ratio,omitempty"`     // 0 to 1, of the intended load; at maximum load that is the offered one
	ThroughputBps *float64      `json:"throughput_bps,omitempty"` // bits of IP packets (UDP) or of payload (TCP) per second at the sink
	LatencyNs     *Distribution `json:"latency_ns,omitempty"`     // one way, from the intended send time
	RoundTripNs   *Distribution `json:"round_trip_ns,omitempty"`  // ping-pong, one packet in flight
	Superpackets  *int64        `json:"superpackets,omitempty"`   // of the segments received, how many GSO packets brought them
	Duplicated    *int64        `json:"duplicated,omitempty"`
	Reordered     *int64        `json:"reordered,omitempty"`
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

// CPU is what a trial cost. Per-packet figures divide by the packets forwarded; ratios are shares (0 to 1) of the time of all CPUs.
type CPU struct {
	DUTNsPerPacket     *float64 `json:"dut_ns_per_packet,omitempty"`     // run time of the DUT's process; absent where it has none
	MachineNsPerPacket *float64 `json:"machine_ns_per_packet,omitempty"` // busy time of the whole machine, generator and sink included
	DUTBusyRatio       *float64 `json:"dut_busy_ratio,omitempty"`        // run time of the DUT's process over the duration: 1 is one CPU full
	UserRatio          *float64 `json:"user_ratio,omitempty"`
	SystemRatio        *float64 `json:"system_ratio,omitempty"`
	SoftirqRatio       *float64 `json:"softirq_ratio,omitempty"`
	StealRatio         *float64 `json:"steal_ratio,omitempty"` // taken by the hypervisor
}

// Queue is what one queue pair of the forwarder carried.
type Queue struct {
	Queue       int   `json:"queue"`
	AToBPackets int64 `json:"a_to_b_packets"`
	BToAPackets int64 `json:"b_to_a_packets"`
}

// TCP is what the kernel's TCP_INFO said about all streams together.
type TCP struct {
	Streams     int      `json:"streams"`
	Retransmits *int64   `json:"retransmits,omitempty"` // segments, during the effective duration
	RTTUs       *float64 `json:"rtt_us,omitempty"`      // mean over the streams of the smoothed round-trip time
}

// DUT is what the device under test said of itself.
type DUT struct {
	OffloadAccepted string   `json:"offload_accepted,omitempty"` // what was left of the offload that was asked for
	VnetHdrLen      *int     `json:"vnet_hdr_len,omitempty"`     // bytes of virtio_net_hdr; 0 is none
	Queues          *int     `json:"queues,omitempty"`           // opened per device
	Notes           []string `json:"notes,omitempty"`            // what it had to do without
}

// Sender is how well the generator kept its own time.
type Sender struct {
	LatenessNs *Distribution `json:"lateness_ns,omitempty"` // from the intended send time to the send call
}

// Failed says whether the trial ended in an error. Its figures, if any, must not enter a summary.
func (t Trial) Failed() bool { return t.Error != "" }

// Kind implements [Record].
func (Trial) Kind() Kind { return KindTrial }

func (t Trial) line() any {
	return struct {
		header
		Trial
	}{header{Schema, KindTrial}, t}
}

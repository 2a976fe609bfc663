package results

import "time"

// Calibration is what the tester itself can do on a path: the same generator, devices and sink without a device under test.
type Calibration struct {
	Scenario           string        `json:"scenario"` // canonical name of the tester's scenario that was measured
	Start              time.Time     `json:"start"`    // UTC
	MaxOfferedPps      *float64      `json:"max_offered_pps,omitempty"`
	LatencyNs          *Distribution `json:"latency_ns,omitempty"`            // the instrument's own floor, at a paced load
	LatenessNs         *Distribution `json:"lateness_ns,omitempty"`           // at that load, from the intended send time to the packet's departure
	MachineNsPerPacket *float64      `json:"machine_ns_per_packet,omitempty"` // busy time of the whole machine, at the highest load
	SinkNsPerPacket    *float64      `json:"sink_ns_per_packet,omitempty"`    // run time of the sink alone
	Notes              []string      `json:"notes,omitempty"`                 // what the tester had to do without
	Error              string        `json:"error,omitempty"`                 // why it failed
}

// Kind implements [Record].
func (Calibration) Kind() Kind { return KindCalibration }

func (c Calibration) line() any {
	return struct {
		header
		Calibration
	}{header{Schema, KindCalibration}, c}
}

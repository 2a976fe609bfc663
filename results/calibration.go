package results

import "time"

// Calibration is what the tester itself can do on a path: the same generator, devices and sink without a device under test.
type Calibration struct {
	Scenario           string        `json:"scenario"` // canonical name of the tester's scenario that was measured
	Start              time.Time     `json:"start"`    // UTC
	MaxOfferedPps      *float64      `json:"max_offered_pps,omitempty"`
	LatencyNs          *Distribution `json:"latency_ns,omitempty"`            // the instrument's own floor, at a paced load
	LatenessNs         *Distribution `json:"lateness_ns,omitempty"`           // at the same load into the device, from the intended send time to the packet's departure
	HighLoad           *HighLoad     `json:"high_load,omitempty"`             // how exact the tester is near its limit
	PausedRatio        *float64      `json:"paused_ratio,omitempty"`          // share of the time that the generator's CPU stood still for over 2 µs, before anything was sent
	MachineNsPerPacket *float64      `json:"machine_ns_per_packet,omitempty"` // busy time of the whole machine, at the highest load
	SinkNsPerPacket    *float64      `json:"sink_ns_per_packet,omitempty"`    // run time of the sink alone
	Notes              []string      `json:"notes,omitempty"`                 // what the tester had to do without
	Error              string        `json:"error,omitempty"`                 // why it failed
}

// HighLoad is how exactly the tester offers four fifths of its highest load.
type HighLoad struct {
	IntendedPps float64       `json:"intended_pps"`
	OfferedPps  float64       `json:"offered_pps"`
	LatenessNs  *Distribution `json:"lateness_ns,omitempty"`
}

// Kind implements [Record].
func (Calibration) Kind() Kind { return KindCalibration }

func (c Calibration) line() any {
	return struct {
		header
		Calibration
	}{header{Schema, KindCalibration}, c}
}

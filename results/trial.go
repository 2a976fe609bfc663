package results

import "time"

// Trial is one measurement: the load that was asked for and what became of it, during one effective duration (warm-up and drain excluded).
// A pointer that is nil and a slice that is empty mean "does not apply" and are absent from the file; a measured zero is written
// (LossRatio: new(0.0)). Packets are segments: wire-size packets, superpackets opened up.
type Trial struct {
	Scenario     string       `json:"scenario"`             // canonical name: sorted key=value pairs joined by '/'
	Round        int          `json:"round"`                // from 0
	Series       int          `json:"series,omitempty"`     // which of several comparisons in one file, from 0
	Arm          string       `json:"arm,omitempty"`        // ArmA, ArmB or ArmControl of a comparison
	Phase        Phase        `json:"phase,omitempty"`      // what it was a part of
	GoalShare    *GoalShare   `json:"goal_share,omitempty"` // where the load came from; PhaseLatency only
	Start        time.Time    `json:"start"`                // of the effective duration; UTC
	DurationS    float64      `json:"duration_s,omitzero"`  // effective duration; absent if the trial failed before it
	Traffic                   // sums over both directions where dir=bi
	Directions   []Direction  `json:"directions,omitempty"` // each way for itself; dir=bi only
	CPU          *CPU         `json:"cpu,omitempty"`
	Queues       []Queue      `json:"queues,omitempty"`       // by queue index
	IntakeRatio  *float64     `json:"intake_ratio,omitempty"` // of what the forwarder read, the share that its intake took before the device; intake=auto only
	Tunnel       *Tunnel      `json:"tunnel,omitempty"`
	TCP          *TCP         `json:"tcp,omitempty"`
	DUT          *DUT         `json:"dut,omitempty"`
	Qdisc        string       `json:"qdisc,omitempty"` // root qdisc of the sending device, as the kernel names it
	Sender       *Sender      `json:"sender,omitempty"`
	Sink         *Sink        `json:"sink,omitempty"`
	Guest        *Guest       `json:"guest,omitempty"`          // the far end, where that is a virtual machine
	DropReasons  []DropReason `json:"drop_reasons,omitempty"`   // where they were asked for
	TesterMaxPps *float64     `json:"tester_max_pps,omitempty"` // what calibration found that the tester can offer on this path
	LimitedBy    string       `json:"limited_by,omitempty"`     // what held the forwarded load down, in words: "dut core"
	Warnings     []string     `json:"warnings,omitempty"`       // what a reader of its figures must know
	Interrupted  bool         `json:"interrupted,omitempty"`    // stopped before its time; its figures are partial
	Error        string       `json:"error,omitempty"`          // why it failed
}

// Phase says what a trial was a part of.
type Phase string

// The phases.
const (
	PhasePlain    Phase = ""         // a measurement for its own sake
	PhaseSearch   Phase = "search"   // of a [Search]
	PhaseLatency  Phase = "latency"  // at a share of what a search found
	PhaseInterval Phase = "interval" // of a [Soak]
	PhaseBurst    Phase = "burst"    // of a [Burst]
)

// GoalShare says of what a load is a share: of the load that a search found for a goal.
type GoalShare struct {
	Goal  string  `json:"goal"`  // its name: "NDR" or "PDR"
	Ratio float64 `json:"ratio"` // 0.9 of that load
}

// Queue is what one queue pair of the forwarder carried.
type Queue struct {
	Queue       int   `json:"queue"`
	AToBPackets int64 `json:"a_to_b_packets"`
	BToAPackets int64 `json:"b_to_a_packets"`
}

// DUT is what the device under test said of itself.
type DUT struct {
	Program         string   `json:"program,omitempty"`          // what forwarded, where it was not this program as it is
	OffloadAccepted string   `json:"offload_accepted,omitempty"` // what was left of the offload that was asked for
	VnetHdrLen      *int     `json:"vnet_hdr_len,omitempty"`     // bytes of virtio_net_hdr; 0 is none
	Queues          *int     `json:"queues,omitempty"`           // opened per device
	Notes           []string `json:"notes,omitempty"`            // what it had to do without
	Skips           []string `json:"skips,omitempty"`            // what packets skip of the device they leave by; only those of an intake do
	External        *Program `json:"external,omitempty"`         // a program of others
}

// Failed says whether the trial ended in an error. Its figures, if any, must not enter a summary.
func (t Trial) Failed() bool { return t.Error != "" }

// Usable says whether its figures may enter a summary.
func (t Trial) Usable() bool { return !t.Failed() && !t.Interrupted }

// Kind implements [Record].
func (Trial) Kind() Kind { return KindTrial }

func (t Trial) line() any {
	return struct {
		header
		Trial
	}{header{Schema, KindTrial}, t}
}

// CPU is what a trial cost. Per-packet figures divide what was used until the last packet had arrived by the packets forwarded; ratios are
// shares (0 to 1) of the time of all CPUs during the load unless they say otherwise.
type CPU struct {
	DUTNsPerPacket       *float64 `json:"dut_ns_per_packet,omitempty"`        // run time of the DUT's process; absent where it has none
	DUTUserNsPerPacket   *float64 `json:"dut_user_ns_per_packet,omitempty"`   // of it, in user mode
	DUTSystemNsPerPacket *float64 `json:"dut_system_ns_per_packet,omitempty"` // of it, in the kernel
	DUTSwitchesPerPacket *float64 `json:"dut_switches_per_packet,omitempty"`  // context switches of the DUT's threads
	DUTSyscallsPerPacket *float64 `json:"dut_syscalls_per_packet,omitempty"`  // system calls of the DUT's threads
	MachineNsPerPacket   *float64 `json:"machine_ns_per_packet,omitempty"`    // busy time of the whole machine, generator and sink included
	DUTBusyRatio         *float64 `json:"dut_busy_ratio,omitempty"`           // run time of the DUT's process over the duration: 1 is one CPU full
	DUTBusiestRatio      *float64 `json:"dut_busiest_ratio,omitempty"`        // run time of its busiest thread over the duration: 1 is that thread's CPU full
	UserRatio            *float64 `json:"user_ratio,omitempty"`
	SystemRatio          *float64 `json:"system_ratio,omitempty"`
	SoftirqRatio         *float64 `json:"softirq_ratio,omitempty"`
	StealRatio           *float64 `json:"steal_ratio,omitempty"` // taken by the hypervisor
	DistanceNs           *float64 `json:"distance_ns,omitempty"` // way of a cache line from the first worker's CPU to the first generator's and back, before the load; absent where they are one, not pinned or were busy
}

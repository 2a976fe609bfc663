package results

import "time"

// Schema is the version of the records that this package writes and the newest it can read. Schema 1 had no [Calibration], [Search], [Burst]
// and [Soak], and fewer fields in a [Trial]; schema 2 had no [Comparison], no [Sweep], neither series nor program in a trial, and no longest pause in a [Search];
// schema 3 had no [Gate], and in a [Comparison] no count of rounds without a ratio, which were left out.
const Schema = 4

// Kind is the type of a record, the value of its field "record".
type Kind string

// The kinds of record.
const (
	KindHost        Kind = "host"
	KindCalibration Kind = "calibration"
	KindTrial       Kind = "trial"
	KindSearch      Kind = "search"
	KindBurst       Kind = "burst"
	KindSoak        Kind = "soak"
	KindComparison  Kind = "comparison"
	KindSweep       Kind = "sweep"
	KindGate        Kind = "gate"
	KindBisect      Kind = "bisect"
	KindEnd         Kind = "end"
)

// Record is one line of a result file: a [Host], a [Calibration], a [Trial], a [Search], a [Burst], a [Soak], a [Comparison], a
// [Sweep], a [Gate], a [Bisect] or an [End]; of a measurement on many machines also a [Shard], a [ShardEnd] or a [Merge].
type Record interface {
	// Kind is the value of the field "record".
	Kind() Kind
	// line is the record together with its header, ready to be encoded.
	line() any
}

// header opens every line.
type header struct {
	Schema int  `json:"schema"`
	Record Kind `json:"record"`
}

// Host is the fingerprint of the machine and the program, the first record of a file. What could not be found out is absent.
type Host struct {
	Time           time.Time         `json:"time"`                     // when the run began
	Version        string            `json:"version,omitempty"`        // of tunbench
	Commit         string            `json:"commit,omitempty"`         // of tunbench; ends in "+dirty" if the tree was changed
	Hostname       string            `json:"hostname,omitempty"`       //
	Kernel         string            `json:"kernel,omitempty"`         // release, as in uname -r
	CPUModel       string            `json:"cpu_model,omitempty"`      // "model name" of /proc/cpuinfo
	Cores          int               `json:"cores,omitempty"`          // logical CPUs online
	CPUsAllowed    string            `json:"cpus_allowed,omitempty"`   // CPUs that this process could use when the run began, as in "0-1,4"
	MemoryBytes    uint64            `json:"memory_bytes,omitempty"`   // MemTotal
	Virtualization string            `json:"virtualization,omitempty"` // "none", or the hypervisor's name
	Emulated       bool              `json:"emulated,omitempty"`       // the CPU is QEMU's translator: no figure tells how fast anything is
	GoVersion      string            `json:"go_version,omitempty"`     // runtime.Version()
	Clocksource    string            `json:"clocksource,omitempty"`    // current_clocksource
	Mitigations    string            `json:"mitigations,omitempty"`    // one line over /sys/devices/system/cpu/vulnerabilities
	Sysctls        map[string]string `json:"sysctls,omitempty"`        // dotted name to value, those that matter to a result
	Args           []string          `json:"args,omitempty"`           // the command line without the program's name
}

// Status says how a run ended.
type Status string

// How a run may end.
const (
	Completed   Status = "completed"
	Interrupted Status = "interrupted"
)

// End is the last record of a file. A file without one was cut off.
type End struct {
	Time   time.Time `json:"time"`
	Status Status    `json:"status"`
	Reason string    `json:"reason,omitempty"` // why it was interrupted
	Trials int       `json:"trials"`           // trial records written, failed ones included
}

// Kind implements [Record].
func (Host) Kind() Kind { return KindHost }

// Kind implements [Record].
func (End) Kind() Kind { return KindEnd }

func (h Host) line() any {
	return struct {
		header
		Host
	}{header{Schema, KindHost}, h}
}

func (e End) line() any {
	return struct {
		header
		End
	}{header{Schema, KindEnd}, e}
}

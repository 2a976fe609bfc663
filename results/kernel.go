package results

// Kernel is what came of one kernel on which tunbench was run.
type Kernel struct {
	Name      string          `json:"name"`                 // as it was asked for
	Package   string          `json:"package,omitempty"`    // version and suite of a Debian package
	Release   string          `json:"release,omitempty"`    // as in uname -r; absent if it did not come so far
	Emulated  bool            `json:"emulated,omitempty"`   // the CPU is QEMU's translator: no figure tells how fast anything is
	DurationS float64         `json:"duration_s,omitempty"` // of the boot with all its commands
	Host      *Host           `json:"host,omitempty"`       // the first record of the first result file that a command left
	With      []string        `json:"with,omitempty"`       // features of kernels that doctor found
	Without   []string        `json:"without,omitempty"`    // what doctor found missing
	Commands  []KernelCommand `json:"commands,omitempty"`
	Notes     []string        `json:"notes,omitempty"` // what the guest could not mount or load
	Error     string          `json:"error,omitempty"` // why it did not come to its end
}

// KernelCommand is what came of one command on a kernel.
type KernelCommand struct {
	Command string   `json:"command"`           // with its words
	Outcome string   `json:"outcome"`           // ok, exit and the code, panic, or no end
	Without []string `json:"without,omitempty"` // what its records say it did without
	Failed  []string `json:"failed,omitempty"`  // what made it fail, and ledgers that do not balance
}

// KindKernel is the kind of a [Kernel] record. It is printed and never part of a result file.
const KindKernel Kind = "kernel"

// Kind implements [Record].
func (Kernel) Kind() Kind { return KindKernel }

func (k Kernel) line() any {
	return struct {
		header
		Kernel
	}{header{Schema, KindKernel}, k}
}

package results

// CPU is what a trial cost. Per-packet figures divide by the packets forwarded; ratios are shares (0 to 1) of the time of all CPUs unless
// they say otherwise.
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

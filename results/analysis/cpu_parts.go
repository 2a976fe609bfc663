package analysis

import "tunbench/results"

// CPUParts is where the CPU time of a packet went, by the medians over the usable trials of a scenario and arm, in nanoseconds per packet forwarded.
// The parts add up to the time of the whole machine.
type CPUParts struct {
	ProgramUser   float64 // of the device under test's process, in user mode
	ProgramSystem float64 // likewise, in the kernel
	Program       float64 // likewise, where the modes were not told apart; then the two above are 0
	EndA, EndB    float64 // of the two ends of a tunnel, in place of the three above
	Rest          float64 // of the sender, the receiver, and what else the machine did
}

// Machine is the time of the whole machine.
func (c CPUParts) Machine() float64 {
	return c.ProgramUser + c.ProgramSystem + c.Program + c.EndA + c.EndB + c.Rest
}

// CPUPartsOf divides the CPU time of a summary; ok is false where that of the machine is not known.
func CPUPartsOf(s Summary) (c CPUParts, ok bool) {
	machine, ok := s.Stats[results.MetricMachineCost]
	if !ok {
		return c, false
	}
	a, hasA := s.Stats[results.MetricEndA]
	b, hasB := s.Stats[results.MetricEndB]
	if hasA && hasB {
		return CPUParts{EndA: a.Median, EndB: b.Median, Rest: max(machine.Median-a.Median-b.Median, 0)}, true
	}
	program, measured := s.Stats[results.MetricDUTCost]
	if !measured {
		c.Rest = machine.Median
		return c, true
	}
	user, told := s.Stats["cpu.dut_user_ns_per_packet"]
	system, alsoTold := s.Stats["cpu.dut_system_ns_per_packet"]
	if both := user.Median + system.Median; told && alsoTold && both > 0 {
		// The modes are counted by another clock than the whole: they divide it, and do not add up to it.
		c.ProgramUser, c.ProgramSystem = program.Median*user.Median/both, program.Median*system.Median/both
	} else {
		c.Program = program.Median
	}
	c.Rest = max(machine.Median-program.Median, 0)
	return c, true
}

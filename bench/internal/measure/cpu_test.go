package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

func TestCPUCost(t *testing.T) {
	use := cpuUse{
		machine: host.CPUTime{User: 0.4, System: 0.4, Idle: 0.8, Softirq: 0.2, Steal: 0.2},
		dut:     host.ProcessUse{RunNs: 5e8, BusiestNs: 4e8, UserShare: 0.5, Switches: 600, Syscalls: 1_500_000},
	}
	forPackets := cpuUse{ // until the last of them had arrived
		machine: host.CPUTime{User: 0.5, System: 0.5, Idle: 1, Softirq: 0.25, Steal: 0.25},
		dut:     host.ProcessUse{RunNs: 6e8, BusiestNs: 5e8, UserShare: 0.25, Switches: 1000, Syscalls: 2_000_000},
	}
	approx := cmpopts.EquateApprox(1e-9, 0)
	want := &results.CPU{
		DUTNsPerPacket: new(600.0), DUTUserNsPerPacket: new(150.0), DUTSystemNsPerPacket: new(450.0),
		DUTSwitchesPerPacket: new(0.001), DUTSyscallsPerPacket: new(2.0), MachineNsPerPacket: new(1250.0), DUTBusyRatio: new(0.5), DUTBusiestRatio: new(0.4),
		UserRatio: new(0.2), SystemRatio: new(0.2), SoftirqRatio: new(0.1), StealRatio: new(0.1),
	}
	if diff := cmp.Diff(want, cpuCost(use, forPackets, time.Second, 1e6, true), approx); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	want = &results.CPU{UserRatio: new(0.2), SystemRatio: new(0.2), SoftirqRatio: new(0.1), StealRatio: new(0.1)}
	if diff := cmp.Diff(want, cpuCost(use, forPackets, time.Second, 0, false), approx); diff != "" {
		t.Errorf("cost without process and packets (-want +got):\n%s", diff)
	}
}

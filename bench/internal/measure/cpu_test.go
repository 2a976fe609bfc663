package measure

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

func TestCPUCost(t *testing.T) {
	before := cpuReading{
		machine: host.CPUTime{User: 10, System: 20, Idle: 100, Softirq: 1},
		dut: processReading{
			threads: map[int]threadReading{1: {4e9, 7}, 2: {1e9, 0}, 3: {9e9, 9}},
			user:    100, system: 200, syscalls: 1000,
		},
	}
	after := cpuReading{
		machine: host.CPUTime{User: 10.4, System: 20.4, Idle: 100.8, Softirq: 1.2, Steal: 0.2},
		dut: processReading{ // thread 3 has ended, thread 4 is new
			threads: map[int]threadReading{1: {4.4e9, 1000}, 2: {1e9, 0}, 4: {0.1e9, 7}},
			user:    110, system: 240, syscalls: 2_001_000,
		},
	}
	approx := cmpopts.EquateApprox(1e-9, 0)
	want := &results.CPU{
		DUTNsPerPacket: new(500.0), DUTUserNsPerPacket: new(100.0), DUTSystemNsPerPacket: new(400.0),
		DUTSwitchesPerPacket: new(0.001), DUTSyscallsPerPacket: new(2.0), MachineNsPerPacket: new(1000.0), DUTBusyRatio: new(0.5), DUTBusiestRatio: new(0.4),
		UserRatio: new(0.2), SystemRatio: new(0.2), SoftirqRatio: new(0.1), StealRatio: new(0.1),
	}
	if diff := cmp.Diff(want, cpuCost(before, after, time.Second, 1e6, true), approx); diff != "" {
		t.Errorf("cost (-want +got):\n%s", diff)
	}
	want = &results.CPU{UserRatio: new(0.2), SystemRatio: new(0.2), SoftirqRatio: new(0.1), StealRatio: new(0.1)}
	if diff := cmp.Diff(want, cpuCost(before, after, time.Second, 0, false), approx); diff != "" {
		t.Errorf("cost without process and packets (-want +got):\n%s", diff)
	}
}

// TestReadCPUSeesEveryThread burns time on a thread that is not the main one.
func TestReadCPUSeesEveryThread(t *testing.T) {
	before, err := readCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	burnt, stop, finished := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for begin := time.Now(); time.Since(begin) < 200*time.Millisecond; {
		}
		close(burnt)
		<-stop // a thread that has ended would be forgotten
	}()
	<-burnt
	if _, err := os.ReadFile("/proc/self/stat"); err != nil {
		t.Fatal(err)
	}
	after, err := readCPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	<-finished
	used := after.dut.since(before.dut)
	if used.runNs < 50e6 {
		t.Errorf("a thread ran for 200 ms, the process's CPU time grew by %v", time.Duration(used.runNs))
	}
	if used.syscalls == 0 || used.switches == 0 {
		t.Errorf("a file was read and threads waited: %+v", used)
	}
}
